import { randomUUID } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { createBackoff, pause } from '../resilience/backoff.ts'
import type { Database } from '../sql/database.ts'
import { createChangedKeys } from './changed-keys.ts'
import type { Connector, Ingest } from './connector.ts'
import { contentHash } from './content-hash.ts'
import type { EstateDocument, PostgresSystem } from './estate.ts'
import { readCheckpoint } from './ingest-store.ts'
import { type ConnectorLog, silentLog } from './log.ts'
import {
  type FollowDeps,
  followByComparing,
  followHighWater,
  followStream,
  highWaterName,
  readHighWaters,
} from './postgres-follow.ts'
import { createDocumentReader } from './postgres-reader.ts'
import { openSourceSession, type SourceSession, toSafeReason } from './postgres-session.ts'
import { prepareReplication } from './postgres-slot.ts'
import { openChangeStream } from './postgres-stream.ts'
import { createDocumentSync, type DocumentSync, type ReadProgress, wasReadWhole } from './postgres-sync.ts'
import { createReadiness } from './readiness.ts'
import { createSyncState } from './sync-state.ts'

export type PostgresSourceOptions = {
  readonly system: PostgresSystem
  /** The estate's name: part of the slot's. */
  readonly estate: string
  readonly ingest: Ingest
  readonly database: Database
  readonly clock: Clock
  readonly log?: ConnectorLog
  readonly onProgress?: (progress: ReadProgress) => void
}

/**
 * Wraps an application's PostgreSQL database by the estate's SQL mappings: one complete read, then its changes. A
 * change only says which documents may differ; they are read again, so the newest state wins and none is read twice
 * at once. One process at a time reads a system (an advisory lock in the source); others wait for their turn.
 */
export function createPostgresSource(options: PostgresSourceOptions): Connector {
  const { system, ingest, database, clock, log = silentLog, onProgress = () => {} } = options
  const name =
    system.changes.slot ??
    `storeloom_${options.estate}_${system.id}`
      .toLowerCase()
      .replaceAll(/[^a-z0-9_]/g, '_')
      .slice(0, 63)
  const syncState = createSyncState({ database, system: system.id, clock, log })
  const kinds = system.documents.map(({ kind }) => kind)
  const stop = new AbortController()
  const readiness = createReadiness(system.id)
  let running: Promise<void> | null = null
  /** While the source is followed. */
  let followed: readonly DocumentSync[] = []

  async function connectAndFollow(signal: AbortSignal, onLive: () => void): Promise<void> {
    await using session = await openSourceSession(system)
    const hangUp = () => void session[Symbol.asyncDispose]()
    signal.addEventListener('abort', hangUp)
    try {
      await waitForTurn(session, signal)
      await follow(session, signal, onLive)
    } finally {
      followed = []
      signal.removeEventListener('abort', hangUp)
    }
  }

  async function waitForTurn(session: SourceSession, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const [row] = await session.query<{ locked: boolean }>(
        'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked',
        [`storeloom ${name}`],
      )
      if (row?.locked === true) return
      await pause(lockRetryMs, signal)
    }
  }

  async function follow(session: SourceSession, signal: AbortSignal, onLive: () => void): Promise<void> {
    const syncs: DocumentSync[] = []
    for (const document of system.documents) {
      const reader = await createDocumentReader(session, document)
      const fingerprint = fingerprintOf(document)
      const { pageSize } = system
      syncs.push(
        createDocumentSync({ system: system.id, reader, ingest, database, clock, pageSize, fingerprint, onProgress }),
      )
    }
    const deps = { system, session, syncs, syncState, ingest, database, clock }
    const replication = system.changes.mode === 'replication' ? await prepare() : null
    const mode = replication === null ? pullMode() : 'replication'
    const epoch = await readEpoch(deps, mode, replication?.fresh ?? false)
    await syncState.report({
      state: 'snapshot',
      ...(replication?.fresh === true ? { position: replication.position } : {}),
    })
    for (const sync of syncs) await sync.syncOnce(epoch, signal)
    if (signal.aborted) return
    readiness.resolve()
    followed = syncs
    onLive()
    log.info('A system is followed', { system: system.id, mode })
    if (replication !== null) {
      const changed = createChangedKeys(system.documents)
      const { plainEncoding } = replication
      await using stream = openChangeStream({ url: system.url, name, plainEncoding, onChange: changed.add })
      await followStream(deps, { stream, changed, start: replication.position }, signal)
    } else if (mode === 'poll') {
      await followHighWater(deps, signal)
    } else {
      await followByComparing(deps, signal)
    }
  }

  async function prepare() {
    const setup = await prepareReplication(system, name, await syncState.readPosition())
    if (setup.possible) return setup
    log.warn(`System ${system.id} cannot be followed by replication: ${setup.reason}; going on by ${pullMode()}`, {
      system: system.id,
      mode: pullMode(),
    })
    return null
  }

  /** Without replication: by high water where every kind has one, else by comparing. */
  function pullMode(): 'poll' | 'compare' {
    const { mode } = system.changes
    if (mode === 'compare') return mode
    const marked = system.documents.every(({ watch }) => watch.every(({ highWater }) => highWater !== undefined))
    return mode === 'poll' || marked ? 'poll' : 'compare'
  }

  async function runLoop(signal: AbortSignal): Promise<void> {
    const backoff = createBackoff({ baseMs: 200, capMs: 10_000 })
    await syncState.report({ state: 'connecting' })
    while (!signal.aborted) {
      try {
        // What an earlier process read can be answered from, with its age, also while the source is away.
        if (await wasReadWhole(database, system.id, kinds)) readiness.resolve()
        await connectAndFollow(signal, backoff.reset)
      } catch (error) {
        if (signal.aborted) break
        const reason = toSafeReason(error)
        log.warn(`System ${system.id} cannot be read: ${reason}; trying again`, { system: system.id, error })
        await syncState.report({ state: 'retrying', lastError: reason })
        await pause(backoff.nextMs(), signal)
      }
    }
    readiness.stopped()
    await syncState.report({ state: 'stopped' })
  }

  return {
    system: system.id,
    ready: readiness.promise,
    run(signal) {
      running ??= runLoop(AbortSignal.any([signal, stop.signal]))
      return running
    },
    async reread(kind, signal) {
      const sync = followed.find((one) => one.kind === kind)
      await sync?.reread(AbortSignal.any([signal, stop.signal]))
      return sync !== undefined && !signal.aborted
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

const lockRetryMs = 500

/**
 * Names the point from which changes are followed without a gap; a complete read belongs to one such point. It is
 * stored before the read begins, so that a killed process goes on with it.
 */
async function readEpoch(
  deps: Pick<FollowDeps, 'ingest' | 'database' | 'system' | 'session'>,
  mode: string,
  fresh: boolean,
): Promise<string> {
  const { ingest, database, system } = deps
  const stored = await readCheckpoint(database, system.id, 'epoch')
  if (!fresh && stored?.mode === mode && typeof stored.id === 'string') return stored.id
  const id = randomUUID()
  if (mode === 'poll') {
    const checkpoint = { name: highWaterName, value: await readHighWaters(deps) }
    await ingest.deliver({ system: system.id, documents: [], checkpoint })
  }
  await ingest.deliver({ system: system.id, documents: [], checkpoint: { name: 'epoch', value: { mode, id } } })
  return id
}

function fingerprintOf({ sql, watch }: EstateDocument): string {
  return contentHash({ sql, watch: JSON.stringify(watch) })
}
