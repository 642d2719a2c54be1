import { z } from 'zod'
import type { JsonObject, NewEvent } from '../../../platform/event-log/event-log.ts'
import type { NewMovement, Teller } from '../ledger/record-command.ts'
import { tellingOf } from '../ledger/told-movement.ts'
import { inTransitOf, type KeptLine, type KeptTransfer, type LineStep, stages, stateOf } from './transfer.ts'

/** What is told of a transfer beside the movements of its legs and the supply it is to its destination. */
export const transferEvents = {
  /** The whole of it after a step, with who took it and why. */
  'retail.inventory.transfer-changed.v1': z.object({
    transferId: z.string(),
    fromLocationId: z.string(),
    toLocationId: z.string(),
    state: z.enum([...stages, 'PARTIALLY_RECEIVED', 'RECEIVED', 'SHORT']),
    lines: z.array(z.object({ lineId: z.string(), variantId: z.string(), quantity: z.int32().positive() })),
    expectedAt: z.string().nullable(),
    documentRef: z.string().nullable(),
    decision: z.object({ by: z.string(), reason: z.string().nullable() }).nullable(),
    version: z.int32().positive(),
  }),
  /** Units that were sent and never arrived. The transfer is closed. */
  'retail.inventory.transfer-short.v1': z.object({
    transferId: z.string(),
    fromLocationId: z.string(),
    toLocationId: z.string(),
    lines: z.array(z.object({ lineId: z.string(), variantId: z.string(), lost: z.int32().positive() })),
  }),
} as const

/** The first legs of what leaves: off the shelf, into transit. @returns none of a transfer that does not leave */
export function toDepartures(transfer: KeptTransfer): readonly NewMovement[] {
  const { id, fromLocationId, dispatchedAt, documentRef, decision, lines } = transfer
  if (dispatchedAt === null) return []
  return lines.map(({ variantId, quantity }) => ({
    ...{ variantId, locationId: fromLocationId, quantity, documentRef, transferId: id, happenedAt: dispatchedAt },
    ...({ kind: 'TRANSFER_OUT', bucketFrom: 'SELLABLE', bucketTo: 'IN_TRANSIT' } as const),
    reason: decision?.reason ?? null,
  }))
}

/** The other legs of what left: onto a shelf of the destination, or out of transit to nowhere. */
export function toArrivals(
  { id, toLocationId, documentRef, decision }: KeptTransfer,
  steps: readonly LineStep[],
  happenedAt: string,
): readonly NewMovement[] {
  const reason = decision?.reason ?? null
  return steps.flatMap(({ variantId, received, damaged, lost }) => {
    const common = { variantId, locationId: toLocationId, reason, documentRef, transferId: id, happenedAt }
    const leg = { ...common, bucketFrom: 'IN_TRANSIT' } as const
    const legs: readonly NewMovement[] = [
      { ...leg, kind: 'TRANSFER_IN', bucketTo: 'SELLABLE', quantity: received },
      { ...leg, kind: 'TRANSFER_IN', bucketTo: 'DAMAGED', quantity: damaged },
      { ...leg, kind: 'SCRAP', bucketTo: 'SCRAPPED', quantity: lost },
    ]
    return legs.filter(({ quantity }) => quantity > 0)
  })
}

export function toTransferEvent(after: KeptTransfer, teller: Teller): NewEvent {
  const { id, fromLocationId, toLocationId, expectedAt, documentRef, decision, version } = after
  const lines = after.lines.map(({ lineId, variantId, quantity }) => ({ lineId, variantId, quantity }))
  const common = { transferId: id, fromLocationId, toLocationId, state: stateOf(after), lines }
  const data = { ...common, expectedAt, documentRef, decision, version }
  return toEvent('retail.inventory.transfer-changed.v1', id, teller.receivedAt, teller, data)
}

/** @returns none when nothing was lost */
export function toShortEvents(after: KeptTransfer, teller: Teller): readonly NewEvent[] {
  const { id, fromLocationId, toLocationId } = after
  const lines = after.lines.flatMap(({ lineId, variantId, lost }) => (lost > 0 ? [{ lineId, variantId, lost }] : []))
  if (after.closedAt === null || lines.length === 0) return []
  const data = { transferId: id, fromLocationId, toLocationId, lines }
  return [toEvent('retail.inventory.transfer-short.v1', id, after.closedAt, teller, data)]
}

function toEvent(
  type: keyof typeof transferEvents,
  id: string,
  time: string,
  teller: Teller,
  data: JsonObject,
): NewEvent {
  return {
    type,
    source: `/tenants/${teller.tenant}/inventory/transfer/${id}`,
    subject: id,
    time,
    data,
    partitionKey: id,
    ...tellingOf(teller),
  }
}

/**
 * What is on its way is supply to its destination, for channels that sell what is in transit and for promises; nothing where
 * nobody said when it comes.
 * @param before null: it begins
 */
export function toSupplyEvents(before: KeptTransfer | null, after: KeptTransfer, teller: Teller): readonly NewEvent[] {
  const { expectedAt } = after
  if (expectedAt === null || after.stage !== 'DISPATCHED') return []
  return after.lines.flatMap((line, at) => {
    const was = before?.lines[at]
    if (was !== undefined && inTransitOf(was) === inTransitOf(line)) return []
    return [toSupplyEvent(after, line, at, expectedAt, teller)]
  })
}

/** Promised dates are guaranteed from 0.9 on. */
const confidence = 0.9

function toSupplyEvent(
  { id, toLocationId }: KeptTransfer,
  line: KeptLine,
  at: number,
  eta: string,
  teller: Teller,
): NewEvent {
  const { variantId, dispatched } = line
  const termId = `supply:storeloom:${id}:${at}`
  const identity = { termId, origin: { system: 'storeloom', occurredAt: null, receivedAt: teller.receivedAt } }
  const arrived = dispatched - inTransitOf(line)
  const supply: JsonObject = {
    kind: 'TRANSFER',
    variantId,
    locationId: toLocationId,
    quantity: dispatched,
    received: arrived,
    claimed: 0,
    eta,
    confidence,
    state: arrived === 0 ? 'IN_TRANSIT' : 'PARTIALLY_RECEIVED',
  }
  const over = arrived === dispatched
  return {
    type: over ? 'retail.inventory.term-withdrawn.v1' : 'retail.inventory.supply-changed.v1',
    source: `/tenants/${teller.tenant}/inventory/term/${encodeURIComponent(termId)}`,
    subject: termId,
    time: teller.receivedAt,
    data: over ? { ...identity, kind: 'supply', variantId } : { ...identity, ...supply },
    partitionKey: termId,
    ...tellingOf(teller),
  }
}
