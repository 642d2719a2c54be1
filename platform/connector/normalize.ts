import { AppError } from '../errors/app-error.ts'
import type { JsonObject, NewEvent } from '../event-log/event-log.ts'
import type { DocumentFailure, SourceDocument, SourceHandler } from './connector.ts'
import type { IdentityStore } from './identity.ts'
import { type Arrival, type DocumentWrite, deletedHash, type Stored } from './ingest-store.ts'

export type NormalizedBatch = {
  readonly events: readonly NewEvent[]
  readonly writes: readonly DocumentWrite[]
  readonly failures: readonly DocumentFailure[]
  /** Good again after a dead letter. */
  readonly recovered: readonly SourceDocument[]
  readonly unchanged: number
}

export type NormalizeBatchOptions = {
  readonly arrivals: readonly Arrival[]
  /** What is stored of each arrival, in the same order. */
  readonly stored: readonly Stored[]
  readonly handlers: ReadonlyMap<string, SourceHandler>
  readonly identities: IdentityStore
  readonly tenant: string
  readonly skipOlder: boolean
}

/**
 * Decides what a batch of documents changes. A handler runs once when all ids it asks for are known to the process,
 * else a second time after they were looked up or minted together.
 */
export async function normalizeBatch(options: NormalizeBatchOptions): Promise<NormalizedBatch> {
  const { arrivals, stored, handlers, tenant } = options
  const session = options.identities.open()
  const failures: DocumentFailure[] = []
  const recovered: SourceDocument[] = []
  const changes: Change[] = []
  let unchanged = 0

  arrivals.forEach((arrival, place) => {
    const before = stored[place] ?? nothingStored
    const { document } = arrival
    const handler = handlers.get(document.kind)
    if (isKnown(arrival, before, handler) || (options.skipOlder && isOlder(document, before))) {
      unchanged += 1
      if (before.lettered) recovered.push(document)
    } else if (handler === undefined) {
      const known = [...handlers.keys()].sort().join(', ') || 'none'
      failures.push(
        toFailure(document, `Cannot map ${document.kind} document: no handler for this kind, known are ${known}`),
      )
    } else {
      changes.push({ arrival, before, handler, previous: previousOf(arrival, before, handler), result: null })
    }
  })

  let open = changes
  for (let round = 0; open.length > 0; round += 1) {
    if (round === maxRounds) {
      throw new AppError(
        'SOURCE_DATA_INVALID',
        'Cannot normalise: the handler asks for other ids each time it runs, allowed is the same ones',
      )
    }
    open = open.filter((change) => {
      const pendingBefore = session.pendingCount()
      change.result = runHandler(change, { tenant, ids: session.ids })
      return session.pendingCount() > pendingBefore && !('reason' in change.result)
    })
    await session.settle()
  }

  const events: NewEvent[] = []
  const writes: DocumentWrite[] = []
  for (const { arrival, before, handler, result } of changes) {
    if (result === null) continue
    if ('reason' in result) {
      failures.push(result)
      continue
    }
    events.push(...result)
    writes.push({ ...arrival, previousHash: before.hash, handlerVersion: handler.version })
    if (before.lettered) recovered.push(arrival.document)
  }
  return { events, writes, failures, recovered, unchanged }
}

/** The first run finds the ids asked for, the second has them; a third is only met by a handler that branches on ids. */
const maxRounds = 4

type Change = {
  readonly arrival: Arrival
  readonly before: Stored
  readonly handler: SourceHandler
  readonly previous: JsonObject | null
  result: readonly NewEvent[] | DocumentFailure | null
}

const nothingStored: Stored = {
  hash: null,
  data: null,
  handlerVersion: null,
  deleted: false,
  receivedAt: null,
  lettered: false,
}

function isKnown(arrival: Arrival, before: Stored, handler: SourceHandler | undefined): boolean {
  if (arrival.hash === deletedHash) return before.hash === null || before.deleted
  return arrival.hash === before.hash && before.handlerVersion === handler?.version
}

function isOlder(document: SourceDocument, before: Stored): boolean {
  return before.receivedAt !== null && Date.parse(document.receivedAt) < before.receivedAt.getTime()
}

/**
 * Nothing when the thing was gone, or was last seen by other rules: what those made of it says nothing about these.
 * A deletion always hears what it deletes.
 */
function previousOf(arrival: Arrival, before: Stored, handler: SourceHandler): JsonObject | null {
  if (before.deleted) return null
  return arrival.hash === deletedHash || before.handlerVersion === handler.version ? before.data : null
}

function runHandler(
  { arrival, handler, previous }: Change,
  context: Pick<Parameters<SourceHandler['normalize']>[1], 'tenant' | 'ids'>,
): readonly NewEvent[] | DocumentFailure {
  try {
    return handler.normalize(arrival.document, { ...context, previous })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return toFailure(arrival.document, reason, fieldOf(error))
  }
}

function toFailure(document: SourceDocument, reason: string, field?: string): DocumentFailure {
  const { kind, key, data: raw } = document
  return field === undefined ? { kind, key, reason, raw } : { kind, key, reason, raw, field }
}

function fieldOf(error: unknown): string | undefined {
  if (!(error instanceof AppError)) return undefined
  const { field, fields } = error.details ?? {}
  if (typeof field === 'string') return field
  const first: unknown = Array.isArray(fields) ? fields[0] : undefined
  const named = typeof first === 'object' && first !== null && 'field' in first ? first.field : undefined
  return typeof named === 'string' ? named : undefined
}
