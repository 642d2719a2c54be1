import type { Clock } from '../clock.ts'
import type { Database } from '../sql/database.ts'
import type { SourceFreshness } from './connector.ts'
import { type ConnectorLog, silentLog } from './log.ts'

export type SyncReport = {
  readonly state: SourceFreshness['state']
  /** Default: as last reported, also by an earlier process. */
  readonly syncedAt?: Date
  /** Default null: nothing is wrong. */
  readonly lastError?: string | null
  /** How far the source's change stream is stored here. */
  readonly position?: string
}

/** Tells every process how one system's reading goes, through `connector.sync_state`. */
export type SyncState = {
  /** Writes at once when the state or the error changes, else at most every `writeMs`. @returns true when it was written */
  report(report: SyncReport): Promise<boolean>
  /** @returns the stored position; null when there is none */
  readPosition(): Promise<string | null>
}

export type SyncStateOptions = {
  readonly database: Database
  readonly system: string
  readonly clock: Clock
  /** Default 1,000. */
  readonly writeMs?: number
  readonly log?: ConnectorLog
}

export function createSyncState(options: SyncStateOptions): SyncState {
  const { database, system, clock, writeMs = 1_000, log = silentLog } = options
  let writtenAtMs = 0
  let written = ''
  return {
    async report({ state, syncedAt, lastError = null, position }) {
      const nowMs = clock().getTime()
      const summary = `${state} ${lastError ?? ''}`
      if (summary === written && Math.abs(nowMs - writtenAtMs) < writeMs) return false
      try {
        await database.query(writeText, [system, state, syncedAt ?? null, lastError, position ?? null])
      } catch (error) {
        // The store being away must not stop the reading of the source from noticing that itself.
        log.warn('The freshness of a system could not be stored', { system, reason: errorName(error) })
        return false
      }
      written = summary
      writtenAtMs = nowMs
      return true
    },
    async readPosition() {
      const { rows } = await database.query<{ position: string | null }>(
        'select position from connector.sync_state where system = $1',
        [system],
      )
      return rows[0]?.position ?? null
    },
  }
}

const writeText = `insert into connector.sync_state as s (system, state, synced_at, last_error, position)
  values ($1, $2, $3, $4, $5)
  on conflict (system) do update set state = excluded.state, last_error = excluded.last_error,
    synced_at = greatest(s.synced_at, excluded.synced_at), position = coalesce(excluded.position, s.position),
    updated_at = clock_timestamp()`

function errorName(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
