import type { KeyedCommand } from '../../../platform/idempotency/idempotency.ts'
import type { KeyRefusal } from './claim-key.ts'
import type { Movement } from './movement-events.ts'

export type NewMovement = Pick<
  Movement,
  | 'variantId'
  | 'locationId'
  | 'kind'
  | 'bucketFrom'
  | 'bucketTo'
  | 'quantity'
  | 'reason'
  | 'documentRef'
  | 'transferId'
  | 'happenedAt'
>

/** Who tells us directly, without a source of theirs that is read. */
export type Teller = {
  readonly tenant: string
  /** Whose word it is. */
  readonly authority: string
  readonly correlationId: string
  /** RFC 3339. */
  readonly receivedAt: string
}

/** Movements told to us directly, not read from a source. All of them or none. */
export type RecordCommand = Teller & {
  readonly keyed: KeyedCommand
  readonly movements: readonly NewMovement[]
  /** Sellable units the caller believes the first movement meets; null: whatever there is. */
  readonly changeFromQuantity: number | null
}

export type RecordOutcome =
  | { readonly kind: 'recorded'; readonly movementIds: readonly string[]; readonly replayed: boolean }
  | { readonly kind: 'stale'; readonly currentQuantity: number }
  | KeyRefusal
