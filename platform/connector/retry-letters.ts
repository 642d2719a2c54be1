import type { JsonObject } from '../event-log/event-log.ts'
import type { Database } from '../sql/database.ts'
import type { Ingest, SourceDocument, SourceHandler } from './connector.ts'
import type { IdentityStore } from './identity.ts'

export type RetryLettersOptions = {
  readonly database: Database
  readonly ingest: Ingest
  readonly handlers: readonly SourceHandler[]
  readonly identities: IdentityStore
  readonly tenant: string
  readonly signal: AbortSignal
}

/**
 * Delivers dead-lettered documents again that their handlers accept now, for instance after a mended rule. What they
 * still refuse keeps its reason; what a source could not even be read from waits until the source changes.
 * Safe beside running connectors: what they delivered meanwhile is newer and stays.
 * @returns how many documents were delivered
 */
export async function retryLetters(options: RetryLettersOptions): Promise<number> {
  const { database, ingest, identities, tenant, signal } = options
  const handlers = new Map(options.handlers.map((handler) => [handler.kind, handler]))
  /** Nothing it answers with is stored: it only tells whether the document is one. */
  const isAccepted = (document: SourceDocument): boolean => {
    try {
      handlers.get(document.kind)?.normalize(document, { tenant, ids: identities.open().ids, previous: null })
      return handlers.has(document.kind)
    } catch {
      return false
    }
  }
  let delivered = 0
  for (let after = { system: '', kind: '', key: '' }; !signal.aborted; ) {
    const { rows } = await database.query<LetterRow>(openLettersText, [after.system, after.kind, after.key])
    const last = rows.at(-1)
    if (last === undefined) break
    const documents = rows
      .map(({ system, kind, key, raw, last_seen_at }) => ({
        system,
        kind,
        key,
        data: raw,
        receivedAt: last_seen_at.toISOString(),
      }))
      .filter(isAccepted)
    for (const system of new Set(documents.map((document) => document.system))) {
      const ofSystem = documents.filter((document) => document.system === system)
      await ingest.deliver({ system, documents: ofSystem, skipOlder: true })
      delivered += ofSystem.length
    }
    after = last
  }
  return delivered
}

type LetterRow = {
  readonly system: string
  readonly kind: string
  readonly key: string
  readonly raw: JsonObject
  readonly last_seen_at: Date
}

const openLettersText = `
  select system, kind, key, raw, last_seen_at from connector.dead_letters
  where resolved_at is null and json_typeof(raw) = 'object' and (system, kind, key) > ($1, $2, $3)
  order by system, kind, key limit 500`
