import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors/app-error.ts'
import type { EventLog } from '../event-log/event-log.ts'
import type { Database } from '../sql/database.ts'
import type { Ingest, IngestBatch, IngestOutcome, SourceDocument, SourceHandler } from './connector.ts'
import { contentHash } from './content-hash.ts'
import type { IdentityStore } from './identity.ts'
import {
  type Arrival,
  deletedHash,
  readStored,
  resolveLetters,
  writeCheckpoint,
  writeDocuments,
  writeLetters,
} from './ingest-store.ts'
import { type ConnectorLog, silentLog } from './log.ts'
import { normalizeBatch } from './normalize.ts'

export type IngestOptions = {
  readonly database: Database
  readonly eventLog: EventLog
  /** One per kind of document. */
  readonly handlers: readonly SourceHandler[]
  readonly identities: IdentityStore
  readonly tenant: string
  readonly clock: Clock
  readonly log?: ConnectorLog
}

/**
 * The way of every source document into the event log: unchanged ones are dropped by content hash, the rest is
 * normalised, its natural keys resolved in batch, its events appended and its content stored, in one transaction and
 * with a number of statements that does not grow with the batch. What cannot be mapped goes to
 * `connector.dead_letters`; the rest flows on.
 */
export function createIngest(options: IngestOptions): Ingest {
  const { database, eventLog, clock, log = silentLog } = options
  const handlers = new Map(options.handlers.map((handler) => [handler.kind, handler]))
  if (handlers.size !== options.handlers.length) {
    throw new TypeError('Cannot build an ingest: two handlers accept the same kind of document')
  }
  const versionOf = (kind: string) => handlers.get(kind)?.version ?? 0

  async function attempt(batch: IngestBatch, arrivals: readonly Arrival[]): Promise<IngestOutcome | null> {
    const stored = arrivals.length === 0 ? [] : await readStored(database, batch.system, arrivals, versionOf)
    const plan = await normalizeBatch({
      arrivals,
      stored,
      handlers,
      identities: options.identities,
      tenant: options.tenant,
      skipOlder: batch.skipOlder ?? false,
    })
    const failures = [...(batch.failures ?? []), ...plan.failures]
    const outcome = {
      changed: plan.writes.length,
      unchanged: plan.unchanged,
      deadLettered: failures.length,
      events: plan.events.length,
    }
    const nothing = plan.writes.length + failures.length + plan.recovered.length === 0 && batch.checkpoint === undefined
    if (nothing) return outcome
    const now = clock()
    let overtaken = false
    try {
      await database.transaction(async (transaction) => {
        if (!(await writeDocuments(transaction, batch.system, plan.writes))) {
          overtaken = true
          throw new AppError('CONFLICT', 'Cannot store documents: another writer was faster', { retryable: true })
        }
        for (let from = 0; from < plan.events.length; from += eventsPerAppend) {
          await eventLog.append(transaction, plan.events.slice(from, from + eventsPerAppend))
        }
        await writeLetters(transaction, batch.system, failures, now)
        await resolveLetters(transaction, batch.system, plan.recovered, now)
        if (batch.checkpoint !== undefined) await writeCheckpoint(transaction, batch.system, batch.checkpoint)
      })
    } catch (error) {
      if (overtaken || isConflict(error)) return null
      throw error
    }
    if (plan.events.length > 0) eventLog.wake()
    for (const failure of failures) {
      log.warn('A source document was dead-lettered', {
        system: batch.system,
        kind: failure.kind,
        field: failure.field,
      })
    }
    return outcome
  }

  async function deliver(batch: IngestBatch): Promise<IngestOutcome> {
    const arrivals = toArrivals(batch.documents)
    try {
      for (let tries = 0; tries < maxTries; tries += 1) {
        const outcome = await attempt(batch, arrivals)
        if (outcome !== null) return outcome
        await delay(Math.random() * 20 * (tries + 1))
      }
      throw new AppError('CONFLICT', 'Cannot deliver documents: other writers were always faster', { retryable: true })
    } catch (error) {
      if (!isDataFault(error) || arrivals.length === 0) throw toDeliveryError(error)
      return await deliverParts(batch, arrivals, error)
    }
  }

  /** The store itself refused something in the batch: halves of it are tried until the culprit stands alone. */
  async function deliverParts(
    batch: IngestBatch,
    arrivals: readonly Arrival[],
    error: unknown,
  ): Promise<IngestOutcome> {
    const documents = arrivals.map(({ document }) => document)
    const { system, skipOlder = false } = batch
    const [culprit] = documents
    if (documents.length === 1 && culprit !== undefined) {
      const reason = `Cannot store ${culprit.kind} document: ${error instanceof Error ? error.message : String(error)}`
      const failure = { kind: culprit.kind, key: culprit.key, reason, raw: culprit.data }
      return await deliver({ ...batch, documents: [], failures: [...(batch.failures ?? []), failure] })
    }
    const middle = Math.ceil(documents.length / 2)
    const first = await deliver({ system, skipOlder, documents: documents.slice(0, middle) })
    const second = await deliver({ ...batch, documents: documents.slice(middle) })
    return {
      changed: first.changed + second.changed,
      unchanged: first.unchanged + second.unchanged,
      deadLettered: first.deadLettered + second.deadLettered,
      events: first.events + second.events,
    }
  }

  return {
    deliver(batch) {
      if (batch.documents.length > maxDocuments) {
        throw new RangeError(
          `Cannot deliver a batch: it has ${batch.documents.length} documents, allowed are at most ${maxDocuments}`,
        )
      }
      return deliver(batch)
    },
  }
}

const maxDocuments = 5_000
const maxTries = 8
/** The log takes at most 10,000 at once. */
const eventsPerAppend = 5_000

function toArrivals(documents: readonly SourceDocument[]): readonly Arrival[] {
  const last = new Map(documents.map((document) => [`${document.kind}\u0000${document.key}`, document]))
  return [...last.values()].map((document) => ({
    document,
    hash: document.data === null ? deletedHash : contentHash(document.data),
  }))
}

function isConflict(error: unknown): boolean {
  return (
    (error instanceof AppError && (error.code === 'CONFLICT' || error.code === 'SEQUENCE_CONFLICT')) ||
    codeOf(error) === uniqueViolation
  )
}

/** SQLSTATE classes that speak of the values sent: 22 data exception, 23 integrity, 54 limits (an index row too long). */
function isDataFault(error: unknown): boolean {
  if (error instanceof AppError) return error.code === 'SOURCE_DATA_INVALID' || error.code === 'BAD_USER_INPUT'
  return /^(22|23|54)...$/.test(codeOf(error))
}

/** So that nobody takes a fault of the store for one of the source. */
function toDeliveryError(error: unknown): AppError {
  if (error instanceof AppError) return error
  return new AppError('INTERNAL', 'Cannot deliver documents: the store refused them', { cause: error })
}

const uniqueViolation = '23505'

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}
