import type { Clock } from '../clock.ts'
import type { JsonObject } from '../event-log/event-log.ts'
import { pause } from '../resilience/backoff.ts'
import type { Database } from '../sql/database.ts'
import type { ChangedDocuments, ChangedKeys } from './changed-keys.ts'
import type { Ingest } from './connector.ts'
import type { EstateWatch, PostgresSystem } from './estate.ts'
import { readCheckpoint } from './ingest-store.ts'
import { parseLsn, toLsnText } from './postgres-lsn.ts'
import type { SourceSession } from './postgres-session.ts'
import type { ChangeStream } from './postgres-stream.ts'
import type { DocumentSync } from './postgres-sync.ts'
import type { SyncState } from './sync-state.ts'
import { untilVisible } from './until-visible.ts'

export type FollowDeps = {
  readonly system: PostgresSystem
  readonly session: SourceSession
  readonly syncs: readonly DocumentSync[]
  readonly syncState: SyncState
  readonly ingest: Ingest
  readonly database: Database
  readonly clock: Clock
}

/** Follows a change stream until aborted. @throws when the source or the store fails */
export async function followStream(
  deps: FollowDeps,
  {
    stream,
    changed,
    start,
  }: {
    readonly stream: ChangeStream
    readonly changed: ChangedKeys
    /** Where the slot stands: what lies before is here. */
    readonly start: string
  },
  signal: AbortSignal,
): Promise<void> {
  const { session, syncs, syncState, clock } = deps
  const reconcile = createTimer(deps.system.changes.reconcileMs ?? 0, clock)
  let delivered = parseLsn(start)
  let acknowledged = delivered
  let acknowledgedAtMs = 0
  let syncedAt: Date | undefined
  let probe: { readonly at: Date; readonly lsn: bigint } | null = null
  let probedAtMs = 0
  while (!signal.aborted) {
    await stream.wait(probeMs)
    const position = stream.position()
    const [documentsChanged, transactions] = [changed.take(), stream.takeTransactions()]
    if (documentsChanged.length > 0) await untilVisible(session, transactions, signal)
    for (const documents of documentsChanged) await syncChanged(deps, documents, signal)
    if (signal.aborted) return
    if (reconcile.isDue()) for (const sync of syncs) await sync.syncAll(signal)
    if (position > delivered) delivered = position
    // All the source had written when the probe was sent is here: that is how fresh we are.
    if (probe !== null && delivered >= probe.lsn) {
      syncedAt = probe.at
      probe = null
    }
    const now = clock()
    if (probe === null && now.getTime() - probedAtMs >= probeMs) {
      probedAtMs = now.getTime()
      const [row] = await session.query<{ lsn: string }>(flushedText)
      probe = { at: now, lsn: parseLsn(row?.lsn ?? '0/0') }
      if (delivered >= probe.lsn) {
        syncedAt = probe.at
        probe = null
      }
    }
    const written = await syncState.report({
      state: 'live',
      ...(syncedAt === undefined ? {} : { syncedAt }),
      position: toLsnText(delivered),
    })
    // Only what is stored here may be forgotten there.
    if (written) acknowledged = delivered
    if (written || now.getTime() - acknowledgedAtMs >= (probe === null ? idleMs : probeMs)) {
      acknowledgedAtMs = now.getTime()
      await stream.acknowledge(acknowledged)
    }
  }
}

const probeMs = 500
/** Each acknowledgement also shows the source that we live, and us that the stream does. */
const idleMs = 5_000

const flushedText = `select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn()
  else pg_current_wal_flush_lsn() end)::text as lsn`

/** Asks the watched tables for rows past their high water, again and again until aborted. */
export async function followHighWater(deps: FollowDeps, signal: AbortSignal): Promise<void> {
  const { system, syncs, syncState, clock } = deps
  const { intervalMs, deletionsMs, reconcileMs = 600_000 } = system.changes
  const deletions = createTimer(deletionsMs, clock)
  const reconcile = createTimer(reconcileMs, clock)
  while (!signal.aborted) {
    const startedAt = clock()
    const before = (await readCheckpoint(deps.database, system.id, highWaterName)) ?? {}
    const after: Record<string, string | null> = {}
    for (const { kind, watch } of system.documents) {
      const changed: ChangedDocuments = { kind, everything: false, keys: new Set(), lookups: new Map() }
      for (const entry of watch) {
        if (entry.highWater === undefined) continue
        const name = highWaterKey(kind, entry)
        const mark = before[name]
        after[name] = await readChangedRows(deps, entry, typeof mark === 'string' ? mark : null, changed)
      }
      await syncChanged(deps, changed, signal)
    }
    if (signal.aborted) return
    await deps.ingest.deliver({ system: system.id, documents: [], checkpoint: { name: highWaterName, value: after } })
    if (deletions.isDue()) for (const sync of syncs) await sync.syncDeletions(signal)
    if (reconcile.isDue()) for (const sync of syncs) await sync.syncAll(signal)
    if (signal.aborted) return
    await syncState.report({ state: 'live', syncedAt: startedAt })
    await pause(intervalMs, signal)
  }
}

/** Where following by high water begins; to be taken before the first complete read. */
export async function readHighWaters(deps: Pick<FollowDeps, 'session' | 'system'>): Promise<JsonObject> {
  const marks: Record<string, string | null> = {}
  for (const { kind, watch } of deps.system.documents) {
    for (const entry of watch) {
      if (entry.highWater === undefined) continue
      const [row] = await deps.session.query<{ mark: string | null }>(
        `select max(${entry.highWater})::text as mark from ${entry.table}`,
      )
      marks[highWaterKey(kind, entry)] = row?.mark ?? null
    }
  }
  return marks
}

export const highWaterName = 'high-water'

/** Reads everything again and again until aborted; what has the same content makes no event. */
export async function followByComparing(deps: FollowDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const startedAt = deps.clock()
    for (const sync of deps.syncs) await sync.syncAll(signal)
    if (signal.aborted) return
    await deps.syncState.report({ state: 'live', syncedAt: startedAt })
    await pause(deps.system.changes.intervalMs, signal)
  }
}

/** @returns the new high water; adds the keys of rows at or past the old one, less the overlap, to `changed` */
async function readChangedRows(
  { session, system }: FollowDeps,
  { table, key, highWater, lookup }: EstateWatch,
  mark: string | null,
  changed: ChangedDocuments,
): Promise<string | null> {
  const column = highWater ?? key
  const [{ type } = { type: 'text' }] = await session.query<{ type: string }>(
    `select format_type(a.atttypid, null) as type from pg_attribute a
     where a.attrelid = to_regclass($1) and a.attname = lower($2)`,
    [table, column],
  )
  const back = /^(timestamp|date)/.test(type)
    ? `make_interval(secs => ${system.changes.overlap} / 1000.0)`
    : system.changes.overlap
  const rows = await session.query<{ key: string | null; mark: string }>(
    `select ${key}::text as key, max(${column})::text as mark from ${table}
     where ${mark === null ? `${column} is not null` : `${column} >= $1::${type} - ${back}`}
     group by ${key} limit ${mostChangedKeys + 1}`,
    mark === null ? [] : [mark],
  )
  const [newest] = await session.query<{ mark: string | null }>(`select max(${column})::text as mark from ${table}`)
  if (rows.length > mostChangedKeys) changed.everything = true
  const values = rows.map((row) => row.key).filter((value) => value !== null)
  if (lookup === undefined) for (const value of values) changed.keys.add(value)
  else changed.lookups.set(lookup, new Set([...(changed.lookups.get(lookup) ?? []), ...values]))
  return newest?.mark ?? mark
}

const mostChangedKeys = 100_000

async function syncChanged(
  { session, syncs }: FollowDeps,
  { kind, everything, keys, lookups }: ChangedDocuments,
  signal: AbortSignal,
): Promise<void> {
  const sync = syncs.find((entry) => entry.kind === kind)
  if (sync === undefined) return
  if (everything) return await sync.syncAll(signal)
  const found = new Set([...keys].map(sync.canonicalKey))
  for (const [lookup, values] of lookups) {
    const rows = await session.query<{ key: string }>(
      `select d.key::text as key from (${lookup}) d(key) where d.key is not null`,
      [[...values]],
    )
    for (const { key } of rows) found.add(key)
  }
  await sync.syncKeys([...found], signal)
}

function highWaterKey(kind: string, watch: EstateWatch): string {
  return `${kind}:${watch.table}:${watch.highWater}`
}

/** Due every `everyMs`, first after that time; never when 0. */
function createTimer(everyMs: number, clock: Clock): { isDue(): boolean } {
  let lastMs = clock().getTime()
  return {
    isDue() {
      const nowMs = clock().getTime()
      if (everyMs === 0 || nowMs - lastMs < everyMs) return false
      lastMs = nowMs
      return true
    },
  }
}
