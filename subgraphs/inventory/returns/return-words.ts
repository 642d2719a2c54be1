import { z } from 'zod'
import type { RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import { type Bucket, movementEvents } from '../ledger/movement-events.ts'
import { placeableUnits, type ReturnStock, type Snapshot, type Theirs } from './return-stock.ts'

const units = z.int().positive()

/** What the orders subgraph tells of returns. */
const returnEvents = {
  'retail.return.requested.v1': z.object({ returnId: z.string(), rma: z.string() }),
  'retail.return.receipt-recorded.v1': z.object({
    returnId: z.string(),
    receipts: z.array(
      z.object({
        ...{ receiptId: z.string(), variantId: z.string().nullable(), locationId: z.string(), quantity: units },
        outcome: z.string(),
      }),
    ),
  }),
  'retail.return.disposition-recorded.v1': z.object({
    returnId: z.string(),
    placements: z.array(
      z.object({
        ...{
          placementId: z.string(),
          receiptId: z.string(),
          variantId: z.string().nullable(),
          locationId: z.string(),
          quantity: units,
        },
        disposition: z.enum(['RESTOCKED', 'DAMAGED', 'QUARANTINED', 'SCRAPPED']),
      }),
    ),
  }),
} as const

const bucketOf = {
  RESTOCKED: 'SELLABLE',
  DAMAGED: 'DAMAGED',
  QUARANTINED: 'QUALITY_CONTROL',
  SCRAPPED: 'SCRAPPED',
} as const satisfies Readonly<Record<string, Bucket>>

export const returnWordTypes = [
  ...Object.keys(returnEvents),
  'retail.inventory.stock-received.v1',
  'retail.inventory.stock-reclassified.v1',
  'retail.inventory.stock-issued.v1',
]

type Names = { readonly kind: 'names'; readonly returnId: string; readonly names: readonly string[] }
/** Something told of units at one place. @param name the return's id, or its number */
export type StockWord = {
  readonly kind: 'stock'
  readonly name: string
  readonly variantId: string
  readonly locationId: string
  readonly add: (stock: ReturnStock, snapshot: Snapshot | null) => ReturnStock
}

/** What an event says of units of returns; most movements are of none. */
export function wordsOf(recorded: RecordedEvent): readonly (Names | StockWord)[] {
  const told = parseEvent(returnEvents, recorded)
  switch (told?.type) {
    case 'retail.return.requested.v1':
      return [{ kind: 'names', returnId: told.data.returnId, names: [told.data.returnId, told.data.rma] }]
    case 'retail.return.receipt-recorded.v1':
      return told.data.receipts.flatMap(({ receiptId: id, outcome, variantId, locationId, quantity }) => {
        if (outcome !== 'RECEIVED' || variantId === null) return []
        const receipt = { id, quantity, at: recorded.time, applied: 0 }
        const add = (stock: ReturnStock) => ({ ...stock, receipts: withNew(stock.receipts, receipt) })
        return [{ kind: 'stock' as const, name: told.data.returnId, variantId, locationId, add }]
      })
    case 'retail.return.disposition-recorded.v1':
      return told.data.placements.flatMap(
        ({ placementId: id, receiptId, disposition, variantId, locationId, ...units }) => {
          if (variantId === null) return []
          const placement = { id, at: recorded.time, applied: 0, bucket: bucketOf[disposition] }
          const add = (stock: ReturnStock, snapshot: Snapshot | null) => {
            const quantity = Math.min(units.quantity, placeableUnits(stock, receiptId, snapshot))
            return { ...stock, placements: withNew(stock.placements, { ...placement, quantity }) }
          }
          return [{ kind: 'stock' as const, name: told.data.returnId, variantId, locationId, add }]
        },
      )
    default:
      return ofMovement(recorded)
  }
}

/** A movement by the location's own system that names a return. */
function ofMovement(recorded: RecordedEvent): readonly StockWord[] {
  const { documentRef, kind, bucketFrom, bucketTo } = recorded.data
  if (typeof documentRef !== 'string' || recorded.authority === 'storeloom') return []
  if (kind !== 'RETURN_RECEIPT' && bucketFrom !== 'RETURN_HOLD' && bucketTo !== 'RETURN_HOLD') return []
  const movement = parseEvent(movementEvents, recorded)
  if (movement === null) return []
  const { reversal, quantity, variantId, locationId } = movement.data
  const [from, to] = reversal ? [movement.data.bucketTo, movement.data.bucketFrom] : [bucketFrom, bucketTo]
  const signed = reversal ? -quantity : quantity
  const theirs: Theirs = {
    eventId: recorded.id,
    received: from === 'RETURN_HOLD' ? 0 : signed,
    held: to === 'RETURN_HOLD' ? signed : 0,
    disposed: from === 'RETURN_HOLD' ? signed : 0,
  }
  const add = (stock: ReturnStock) =>
    stock.theirs.some(({ eventId }) => eventId === recorded.id)
      ? stock
      : { ...stock, theirs: [...stock.theirs, theirs] }
  return [{ kind: 'stock', name: documentRef, variantId, locationId, add }]
}

function withNew<T extends { readonly id: string }>(known: readonly T[], one: T): readonly T[] {
  return known.some(({ id }) => id === one.id) ? known : [...known, one]
}
