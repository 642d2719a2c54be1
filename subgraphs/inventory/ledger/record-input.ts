import { type KeyedCommand, keyedRequest } from '../../../platform/idempotency/idempotency.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import type { SubgraphCall } from '../../../platform/subgraph/subgraph.ts'
import { isInStockScope, stockScope } from '../../../policies/stock-scope.ts'
import type { NetworkIndex } from '../network.ts'
import {
  checkText,
  type InvalidLine,
  invalidCountOf,
  isText,
  longestText,
  mostUnits,
} from '../reservations/parse-input.ts'
import { type Bucket, type MovementKind, toLegs } from './movement-events.ts'
import type { NewMovement, RecordCommand, Teller } from './record-command.ts'

type Maybe<T> = T | null | undefined

export type MovementLine = {
  readonly lineId: string
  readonly locationId: string
  readonly variantId?: Maybe<string>
  readonly sku?: Maybe<string>
  readonly kind: MovementKind
  readonly quantity: number
  readonly bucketFrom?: Maybe<Bucket>
  readonly bucketTo?: Maybe<Bucket>
  readonly reason?: Maybe<string>
  readonly documentRef?: Maybe<string>
  readonly transferId?: Maybe<string>
  readonly occurredAt: string
}

export type RecordRefusal =
  | { readonly kind: 'invalid'; readonly lines: readonly InvalidLine[] }
  | { readonly kind: 'not-authority'; readonly message: string; readonly argument: string }

export type RecordContext = {
  readonly call: Pick<SubgraphCall, 'viewer' | 'correlationId' | 'now'>
  readonly network: NetworkIndex
  /** One entry per SKU, in order; null for an unknown one. */
  readonly variantIdsOf: (skus: readonly string[]) => Promise<readonly (string | null)[]>
  /** Those of the ids that a position or the catalogue knows. */
  readonly knownVariants: (ids: readonly string[]) => Promise<ReadonlySet<string>>
}

export type Keyed = { readonly operation: string; readonly idempotencyKey: string; readonly body: object }

/** Reads lines into a command. @throws AppError `BAD_USER_INPUT` for a key that is none */
export async function toRecordCommand(
  given: Keyed,
  lines: readonly MovementLine[],
  changeFromQuantity: number | null,
  context: RecordContext,
): Promise<RecordCommand | RecordRefusal> {
  const keyed = toKeyed(given, context.call.viewer)
  const scope = stockScope(context.call.viewer)
  const foreign = lines.find(({ locationId }) => !isInStockScope(scope, locationId))
  if (foreign !== undefined) return notYours('locationId')
  const movements = await readLines(lines, context)
  return 'kind' in movements ? movements : { keyed, ...tellerOf(context.call), movements, changeFromQuantity }
}

export function notYours(argument: string): RecordRefusal {
  return { kind: 'not-authority', message: 'the location is not one of yours', argument }
}

/** @returns one movement per line, in order; or every line that makes no sense */
export async function readLines(
  lines: readonly MovementLine[],
  context: RecordContext,
): Promise<readonly NewMovement[] | RecordRefusal> {
  const counted = invalidCountOf(lines.length)
  if (counted.length > 0) return { kind: 'invalid', lines: counted }
  const skus = [...new Set(lines.flatMap(({ sku }) => sku ?? []))]
  const found = await context.variantIdsOf(skus)
  const bySku = new Map(skus.map((sku, at) => [sku, found[at] ?? null]))
  const known = await context.knownVariants([...new Set(lines.flatMap(({ variantId }) => variantId ?? []))])
  const seen = new Set<string>()
  const read = lines.map((line): NewMovement | InvalidLine => {
    const invalid = (reason: InvalidLine['reason'], message: string) => ({ lineId: line.lineId, reason, message })
    if (!isText(line.lineId) || seen.has(line.lineId)) {
      return invalid('BAD_LINE_ID', `lineId is not 1 to ${longestText} characters, or used twice`)
    }
    seen.add(line.lineId)
    if ((line.variantId == null) === (line.sku == null)) {
      const got = line.sku == null ? 'neither' : 'both'
      return invalid('UNKNOWN_VARIANT', `${got} of variantId and sku is given, allowed is one`)
    }
    const variantId = line.sku == null ? (line.variantId ?? '') : (bySku.get(line.sku) ?? null)
    if (variantId === null || (line.sku == null && !known.has(variantId))) {
      return invalid('UNKNOWN_VARIANT', `${line.sku == null ? 'variantId' : 'sku'} names no variant`)
    }
    if (!context.network.locations.has(line.locationId)) {
      return invalid('UNKNOWN_LOCATION', 'locationId names no location')
    }
    return toMovement(line, variantId, context.call.now, invalid)
  })
  const invalid = read.flatMap((line) => ('message' in line ? [line] : []))
  if (invalid.length > 0) return { kind: 'invalid', lines: invalid }
  return read.flatMap((line) => ('message' in line ? [] : [line]))
}

/** @throws AppError `BAD_USER_INPUT` for a key that is none */
export function toKeyed({ operation, idempotencyKey, body }: Keyed, { tenant, clientId }: Viewer): KeyedCommand {
  const key = checkText(idempotencyKey, 'idempotencyKey')
  return keyedRequest({ tenant, clientId, operation, key }, body)
}

export function tellerOf({ viewer, correlationId, now }: RecordContext['call']): Teller {
  const authority = viewer.kind === 'service' ? viewer.system : 'storeloom'
  return { tenant: viewer.tenant, authority, correlationId, receivedAt: now.toISOString() }
}

/** For the audit: the person, or the client that stands for a system. */
export function nameOf(viewer: Viewer): string {
  return viewer.kind === 'staff' ? viewer.subject : viewer.clientId
}

/** @returns what is wrong with a moment that was told, and what is allowed; null: nothing */
export function badTimeOf(text: string, now: Date): string | null {
  return Date.parse(text) > now.getTime() + mostAheadMs ? `the time is ${text}, allowed is up to now` : null
}

function toMovement(
  line: MovementLine,
  variantId: string,
  now: Date,
  invalid: (reason: InvalidLine['reason'], message: string) => InvalidLine,
): NewMovement | InvalidLine {
  const { kind, quantity, locationId, occurredAt } = line
  const least = kind === 'PHYSICAL_COUNT' ? 0 : 1
  if (!Number.isInteger(quantity) || Math.abs(quantity) > mostUnits || Math.abs(quantity) < least) {
    return invalid('BAD_QUANTITY', `quantity is ${quantity}, allowed are ${least} to ${mostUnits}`)
  }
  const badTime = badTimeOf(occurredAt, now)
  if (badTime !== null) return invalid('BAD_TIME', badTime)
  for (const name of ['reason', 'documentRef', 'transferId'] as const) {
    const text = line[name]
    if (text != null && !isText(text)) {
      return invalid(
        name === 'transferId' ? 'BAD_TRANSFER' : 'BAD_TEXT',
        `${name} is not 1 to ${longestText} characters`,
      )
    }
  }
  const isTransfer = kind === 'TRANSFER_OUT' || kind === 'TRANSFER_IN'
  if (isTransfer !== (line.transferId != null)) {
    return invalid(
      'BAD_TRANSFER',
      `transferId is ${isTransfer ? 'missing' : 'given'}, allowed with TRANSFER_OUT and TRANSFER_IN`,
    )
  }
  const legs = toLegs(kind, { quantity, bucketFrom: line.bucketFrom ?? null, bucketTo: line.bucketTo ?? null })
  if ('reason' in legs) return invalid(legs.reason, legs.message)
  return {
    variantId,
    locationId,
    kind,
    ...legs,
    reason: line.reason ?? null,
    documentRef: line.documentRef ?? null,
    transferId: line.transferId ?? null,
    happenedAt: new Date(occurredAt).toISOString(),
  }
}

/** Clocks of those who tell differ from ours by less than that. */
const mostAheadMs = 60_000
