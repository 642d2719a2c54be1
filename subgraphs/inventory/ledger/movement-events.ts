import { z } from 'zod'
import { factOrigin } from '../../../platform/connector/fact.ts'

export const shelfBuckets = ['SELLABLE', 'DAMAGED', 'QUALITY_CONTROL', 'RETURN_HOLD', 'MANUAL_HOLD'] as const
export const buckets = [...shelfBuckets, 'IN_TRANSIT', 'SCRAPPED', 'SOLD'] as const

export const movementKinds = [
  'RECEIPT',
  'SALE_ISSUE',
  'TRANSFER_OUT',
  'TRANSFER_IN',
  'ADJUSTMENT',
  'PHYSICAL_COUNT',
  'RETURN_RECEIPT',
  'DISPOSITION',
  'SCRAP',
  'RECLASSIFY',
] as const

export type MovementKind = (typeof movementKinds)[number]
export type Bucket = (typeof buckets)[number]

const text = z.string()

/** Units that went from one bucket to another; null: from or to outside. Of a count: how many there were. */
export const movementSchema = z.object({
  movementId: text,
  variantId: text,
  locationId: text,
  kind: z.enum(movementKinds),
  bucketFrom: z.enum(buckets).nullable(),
  bucketTo: z.enum(buckets).nullable(),
  quantity: z.int32().nonnegative(),
  /** Of the units those that had been allocated, and are so no more. */
  committed: z.int32().nonnegative(),
  reason: text.nullable(),
  documentRef: text.nullable(),
  /** Both legs of a transfer carry it. */
  transferId: text.nullable(),
  /** The source's own numbering, without holes within a stream. */
  stream: text.nullable(),
  streamSequence: z.int().nonnegative().nullable(),
  /** Takes back what the source took back or put right. */
  reversal: z.boolean(),
  happenedAt: text,
  origin: factOrigin,
})

export type Movement = Readonly<z.output<typeof movementSchema>>

export const movementEvents = {
  'retail.inventory.stock-received.v1': movementSchema,
  'retail.inventory.stock-issued.v1': movementSchema,
  'retail.inventory.stock-reclassified.v1': movementSchema,
  'retail.inventory.stock-corrected.v1': movementSchema,
  'retail.inventory.bucket-counted.v1': movementSchema,
  'retail.inventory.transfer-dispatched.v1': movementSchema,
  'retail.inventory.transfer-received.v1': movementSchema,
} as const

export type MovementEventType = keyof typeof movementEvents

export const movementTypes = Object.keys(movementEvents)

type Rule = { readonly type: MovementEventType; readonly from: Bucket | null; readonly to: Bucket | null }

/** What each kind does where its source does not name the buckets. */
export const movementRules: Readonly<Record<MovementKind, Rule>> = {
  RECEIPT: { type: 'retail.inventory.stock-received.v1', from: null, to: 'SELLABLE' },
  RETURN_RECEIPT: { type: 'retail.inventory.stock-received.v1', from: null, to: 'RETURN_HOLD' },
  SALE_ISSUE: { type: 'retail.inventory.stock-issued.v1', from: 'SELLABLE', to: 'SOLD' },
  SCRAP: { type: 'retail.inventory.stock-issued.v1', from: 'SELLABLE', to: 'SCRAPPED' },
  DISPOSITION: { type: 'retail.inventory.stock-reclassified.v1', from: 'RETURN_HOLD', to: 'SELLABLE' },
  RECLASSIFY: { type: 'retail.inventory.stock-reclassified.v1', from: null, to: null },
  ADJUSTMENT: { type: 'retail.inventory.stock-corrected.v1', from: null, to: 'SELLABLE' },
  PHYSICAL_COUNT: { type: 'retail.inventory.bucket-counted.v1', from: null, to: 'SELLABLE' },
  TRANSFER_OUT: { type: 'retail.inventory.transfer-dispatched.v1', from: 'SELLABLE', to: 'IN_TRANSIT' },
  TRANSFER_IN: { type: 'retail.inventory.transfer-received.v1', from: 'IN_TRANSIT', to: 'SELLABLE' },
}

/** What a movement adds to a bucket of the shelf; negative: takes. */
export function changeOf({ bucketFrom, bucketTo, quantity }: Movement, bucket: (typeof shelfBuckets)[number]): number {
  return (bucketTo === bucket ? quantity : 0) - (bucketFrom === bucket ? quantity : 0)
}

export type Legs = Pick<Movement, 'bucketFrom' | 'bucketTo' | 'quantity'>

/** @returns where the units go, a taken quantity turned round; or what is wrong with it, and what is allowed */
export function toLegs(
  kind: MovementKind,
  given: { readonly quantity: number; readonly bucketFrom: Bucket | null; readonly bucketTo: Bucket | null },
): Legs | { readonly reason: 'BAD_QUANTITY' | 'BAD_BUCKETS'; readonly message: string } {
  const rule = movementRules[kind]
  const taken = given.quantity < 0
  if (taken && kind !== 'ADJUSTMENT') {
    const message = `quantity is ${given.quantity}, allowed is at least 0 but for ADJUSTMENT`
    return { reason: 'BAD_QUANTITY', message }
  }
  const [from, to] = [given.bucketFrom ?? rule.from, given.bucketTo ?? rule.to]
  if (kind === 'RECLASSIFY' && (from === null || to === null)) {
    return {
      reason: 'BAD_BUCKETS',
      message: 'bucketFrom or bucketTo is missing, allowed are both for RECLASSIFY',
    }
  }
  if (kind === 'PHYSICAL_COUNT' && to !== 'SELLABLE') {
    const message = `bucketTo is ${JSON.stringify(to)}, allowed is "SELLABLE" for PHYSICAL_COUNT`
    return { reason: 'BAD_BUCKETS', message }
  }
  return { bucketFrom: taken ? to : from, bucketTo: taken ? from : to, quantity: Math.abs(given.quantity) }
}
