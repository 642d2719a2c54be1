import type { Clock } from '../clock.ts'
import type { JsonObject } from '../event-log/event-log.ts'
import type { Database } from '../sql/database.ts'
import type { DocumentFailure, Ingest, SourceDocument } from './connector.ts'
import { readCheckpoint } from './ingest-store.ts'
import type { DocumentReader, ReadDocuments } from './postgres-reader.ts'

/** How far a complete read of one kind has come. */
export type ReadProgress = {
  readonly system: string
  readonly kind: string
  readonly done: number
  /** null when the source could not count. */
  readonly total: number | null
}

/** Brings the documents of one kind from a source into the log. */
export type DocumentSync = {
  readonly kind: string
  canonicalKey(text: string): string
  /** Reads these again and delivers them; those that are gone are delivered as gone. Any number of keys. */
  syncKeys(keys: readonly string[], signal: AbortSignal): Promise<void>
  /** Reads everything again: also finds what vanished, and rows without a key. */
  syncAll(signal: AbortSignal): Promise<void>
  /** Reads everything that is there again, beside what is followed: a newer state that is known already stays. */
  reread(signal: AbortSignal): Promise<void>
  /** Delivers as gone what is stored here and no longer in the source. */
  syncDeletions(signal: AbortSignal): Promise<void>
  /**
   * The first complete read, once per `epoch` (what the changes that follow build on) and mapping: goes on where a
   * killed process left off, and does nothing when it was finished before.
   */
  syncOnce(epoch: string, signal: AbortSignal): Promise<void>
}

export type DocumentSyncOptions = {
  readonly system: string
  readonly reader: DocumentReader
  readonly ingest: Ingest
  readonly database: Database
  readonly clock: Clock
  readonly pageSize: number
  /** Changes when the mapping does. */
  readonly fingerprint: string
  readonly onProgress: (progress: ReadProgress) => void
}

export function createDocumentSync(options: DocumentSyncOptions): DocumentSync {
  const { system, reader, ingest, database, clock, pageSize, onProgress } = options
  const { kind } = reader
  const checkpointName = checkpointOf(kind)

  /** @param requested keys of which those not found are gone */
  async function deliver(read: ReadDocuments, receivedAt: Date, further: Delivery = {}): Promise<void> {
    const { requested = [], checkpoint, skipOlder = false } = further
    const known = new Set([...read.documents, ...read.failures].map(({ key }) => key))
    const toDocument = (key: string, data: JsonObject | null): SourceDocument => ({
      system,
      kind,
      key,
      data,
      receivedAt: receivedAt.toISOString(),
    })
    await ingest.deliver({
      system,
      documents: [
        ...read.documents.map(({ key, data }) => toDocument(key, data)),
        ...requested.filter((key) => !known.has(key)).map((key) => toDocument(key, null)),
      ],
      failures: read.failures,
      skipOlder,
      ...(checkpoint === undefined ? {} : { checkpoint: { name: checkpointName, value: checkpoint } }),
    })
  }

  async function syncDeletions(signal: AbortSignal): Promise<void> {
    for (let after = ''; !signal.aborted; ) {
      const { rows } = await database.query<{ key: string }>(storedKeysText, [system, kind, after, storedKeysPerPage])
      const keys = rows.map(({ key }) => key)
      const last = keys.at(-1)
      if (last === undefined) return
      const receivedAt = clock()
      const existing = await reader.existing(keys)
      const gone = keys.filter((key) => !existing.has(key))
      if (gone.length > 0) await deliver({ documents: [], failures: [] }, receivedAt, { requested: gone })
      after = last
    }
  }

  /** Reads page after page; while one is being delivered the next is read. */
  async function readPages(
    start: string | null,
    signal: AbortSignal,
    onPage: (done: number, after: string | null) => JsonObject | undefined,
    skipOlder = false,
  ): Promise<void> {
    let delivery: Promise<void> = Promise.resolve()
    let done = 0
    try {
      for (let after = start; !signal.aborted; ) {
        const receivedAt = clock()
        const page = await reader.readPage(after, pageSize)
        await delivery
        done += page.documents.length + page.failures.length
        const checkpoint = onPage(done, page.last)
        delivery = deliver(page, receivedAt, { skipOlder, ...(checkpoint === undefined ? {} : { checkpoint }) })
        // Awaited in the next round or below; until then a rejection is nobody's surprise.
        delivery.catch(() => {})
        if (!page.more) break
        after = page.last
      }
    } finally {
      await delivery
    }
  }

  async function syncKeyless(checkpoint?: JsonObject): Promise<void> {
    const failures: readonly DocumentFailure[] = await reader.readKeyless()
    await deliver({ documents: [], failures }, clock(), checkpoint === undefined ? {} : { checkpoint })
  }

  return {
    kind,
    canonicalKey: reader.canonicalKey,
    syncDeletions,

    async syncKeys(keys, signal) {
      for (let from = 0; from < keys.length && !signal.aborted; from += pageSize) {
        const requested = keys.slice(from, from + pageSize)
        const receivedAt = clock()
        await deliver(await reader.readKeys(requested), receivedAt, { requested })
      }
    },

    reread: (signal) => readPages(null, signal, () => undefined, true),

    async syncAll(signal) {
      await syncDeletions(signal)
      await readPages(null, signal, () => undefined)
      if (!signal.aborted) await syncKeyless()
    },

    async syncOnce(epoch, signal) {
      const stored = await readCheckpoint(database, system, checkpointName)
      const mark = { epoch, mapping: options.fingerprint, wasRead: stored?.wasRead === true }
      const valid = stored?.epoch === mark.epoch && stored.mapping === mark.mapping
      if (valid && stored.done === true) return
      const start = valid && typeof stored.after === 'string' ? stored.after : null
      const doneBefore = valid && typeof stored.count === 'number' ? stored.count : 0
      const total = await reader.count()
      onProgress({ system, kind, done: doneBefore, total })
      if (start === null) await syncDeletions(signal)
      let count = doneBefore
      await readPages(start, signal, (done, after) => {
        count = doneBefore + done
        onProgress({ system, kind, done: count, total })
        return { ...mark, after, count, done: false }
      })
      if (!signal.aborted) await syncKeyless({ ...mark, wasRead: true, after: null, count, done: true })
    },
  }
}

/** @returns true when every kind was read whole at some time, so that there is something to answer from without the source */
export async function wasReadWhole(database: Database, system: string, kinds: readonly string[]): Promise<boolean> {
  for (const kind of kinds) {
    const stored = await readCheckpoint(database, system, checkpointOf(kind))
    if (stored?.wasRead !== true) return false
  }
  return true
}

function checkpointOf(kind: string): string {
  return `snapshot:${kind}`
}

type Delivery = {
  readonly requested?: readonly string[]
  readonly checkpoint?: JsonObject
  readonly skipOlder?: boolean
}

const storedKeysPerPage = 2_000

/** What the source had when last asked, and what it had that could not be mapped. */
const storedKeysText = `
  select key from (
    select key from connector.source_documents where system = $1 and kind = $2 and not deleted
    union
    select key from connector.dead_letters where system = $1 and kind = $2 and resolved_at is null
  ) stored
  where key > $3 order by key limit $4`
