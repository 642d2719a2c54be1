import type { KeyedCommand } from '../../../platform/idempotency/idempotency.ts'
import type { StockScope } from '../../../policies/stock-scope.ts'
import type { RecordCommand } from '../ledger/record-command.ts'
import type { Shortfall } from '../reservations/place.ts'
import type { Arrival, Receipt, StartedTransfer } from './transfer.ts'

/** Units leave: the movements out of the shelf, and where they go. */
export type StartCommand = {
  /** In the order of `lineIds`; each carries the transfer's id. */
  readonly record: RecordCommand
  readonly lineIds: readonly string[]
  readonly transferId: string
  readonly fromLocationId: string
  readonly toLocationId: string
  readonly dispatchedAt: string
  readonly expectedAt: string | null
  readonly documentRef: string | null
}

/** Units arrive, or are told never to. */
export type ReceiveCommand = {
  readonly keyed: KeyedCommand
  readonly tenant: string
  /** Whose word it is. */
  readonly authority: string
  readonly correlationId: string
  /** For which destinations it may be said. */
  readonly scope: StockScope
  readonly transferId: string
  readonly arrivals: readonly Arrival[]
  readonly final: boolean
  /** RFC 3339: when they arrived, and when we heard of it. */
  readonly happenedAt: string
  readonly receivedAt: string
  readonly reason: string | null
}

type KeyRefusal = { readonly kind: 'key-reused' } | { readonly kind: 'key-in-progress' }
type TransferDone = { readonly kind: 'done'; readonly transfer: StartedTransfer; readonly replayed: boolean }

export type StartOutcome =
  | TransferDone
  | KeyRefusal
  | { readonly kind: 'insufficient'; readonly shortfalls: readonly Shortfall[] }

export type ReceiveOutcome =
  | TransferDone
  | KeyRefusal
  | Exclude<Receipt, { readonly kind: 'received' }>
  | { readonly kind: 'not-found' }
  | { readonly kind: 'not-authority' }
