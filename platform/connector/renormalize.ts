import type { JsonObject } from '../event-log/event-log.ts'
import type { Database } from '../sql/database.ts'
import type { Ingest, SourceHandler } from './connector.ts'

export type RenormalizeOptions = {
  readonly database: Database
  readonly ingest: Ingest
  readonly handlers: readonly SourceHandler[]
  readonly signal: AbortSignal
}

/**
 * Normalises again the stored documents that another version of their handler saw, without asking their sources.
 * Safe beside running connectors: what they delivered meanwhile is newer and stays.
 * @returns how many documents were given to their handlers
 */
export async function renormalizeStored(options: RenormalizeOptions): Promise<number> {
  const { database, ingest, handlers, signal } = options
  let count = 0
  for (const { kind, version } of handlers) {
    for (let after = { system: '', key: '' }; !signal.aborted; ) {
      const { rows } = await database.query<StoredRow>(
        `select system, key, data, received_at from connector.source_documents
         where kind = $1 and handler_version <> $2 and not deleted and (system, key) > ($3, $4)
         order by system, key limit ${documentsPerPage}`,
        [kind, version, after.system, after.key],
      )
      const last = rows.at(-1)
      if (last === undefined) break
      for (const system of new Set(rows.map((row) => row.system))) {
        const documents = rows
          .filter((row) => row.system === system)
          .map(({ key, data, received_at }) => ({ system, kind, key, data, receivedAt: received_at.toISOString() }))
        await ingest.deliver({ system, documents, skipOlder: true })
      }
      count += rows.length
      after = last
    }
  }
  return count
}

const documentsPerPage = 500

type StoredRow = {
  readonly system: string
  readonly key: string
  readonly data: JsonObject
  readonly received_at: Date
}
