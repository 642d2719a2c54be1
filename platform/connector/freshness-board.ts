import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from '../sql/database.ts'
import type { SourceFreshness } from './connector.ts'
import type { FreshnessBoard, FreshnessPolicy, SystemFreshness } from './freshness.ts'

export type FreshnessBoardOptions = {
  readonly database: Database
  readonly systems: readonly { readonly system: string; readonly policy: FreshnessPolicy }[]
  /** How often the board is read anew. Default 500. While the store is away the last known state stands and ages. */
  readonly refreshMs?: number
}

/** Keeps what `connector.sync_state` says in memory, for every process that answers. Resolves after the first read was tried. */
export async function createFreshnessBoard(options: FreshnessBoardOptions): Promise<FreshnessBoard & AsyncDisposable> {
  const { database, systems, refreshMs = 500 } = options
  const entries = new Map<string, SystemFreshness>(
    systems.map(({ system, policy }) => [
      system,
      { system, policy, syncedAt: null, state: 'connecting', lastError: null },
    ]),
  )
  const names = systems.map(({ system }) => system)
  const stop = new AbortController()

  async function refresh(): Promise<void> {
    const { rows } = await database.query<SyncRow>(
      'select system, state, synced_at, last_error from connector.sync_state where system = any($1::text[])',
      [names],
    )
    for (const row of rows) {
      const before = entries.get(row.system)
      if (before === undefined || !isState(row.state)) continue
      entries.set(row.system, { ...before, state: row.state, syncedAt: row.synced_at, lastError: row.last_error })
    }
  }

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      await delay(refreshMs, undefined, { signal: stop.signal }).catch(() => {})
      if (!stop.signal.aborted) await refresh().catch(() => {})
    }
  }

  await refresh().catch(() => {})
  const following = follow()
  return {
    of: (system) => entries.get(system) ?? null,
    all: () => [...entries.values()],
    async [Symbol.asyncDispose]() {
      stop.abort()
      await following
    },
  }
}

type SyncRow = {
  readonly system: string
  readonly state: string
  readonly synced_at: Date | null
  readonly last_error: string | null
}

function isState(text: string): text is SourceFreshness['state'] {
  return ['connecting', 'snapshot', 'live', 'retrying', 'stopped'].includes(text)
}
