import type { KeyedCommand } from '../../../platform/idempotency/idempotency.ts'
import type { StockScope } from '../../../policies/stock-scope.ts'
import type { KeyRefusal } from '../ledger/claim-key.ts'
import type { Teller } from '../ledger/record-command.ts'
import type { Shortfall } from '../reservations/place.ts'
import type { Step, StepRefusal } from './lifecycle.ts'
import type { Arrival, Decision, KeptTransfer, Receipt } from './transfer.ts'

type Told = Teller & { readonly keyed: KeyedCommand }

/** A transfer that nobody was told of yet. */
export type BeginCommand = Told & {
  readonly transferId: string
  readonly fromLocationId: string
  readonly toLocationId: string
  readonly lines: readonly { readonly lineId: string; readonly variantId: string; readonly quantity: number }[]
  /** When the units leave; null: a draft. */
  readonly dispatchedAt: string | null
  readonly expectedAt: string | null
  readonly documentRef: string | null
  readonly decision: Decision
}

/** What is done to a transfer that is known, but for what arrives of it. */
export type StepCommand = Told &
  Step & {
    /** For which locations it may be said. */
    readonly scope: StockScope
    readonly transferId: string
  }

/** Units arrive, or are told never to. */
export type ReceiveCommand = Told & {
  /** For which destinations it may be said. */
  readonly scope: StockScope
  readonly transferId: string
  readonly arrivals: readonly Arrival[]
  readonly final: boolean
  /** RFC 3339: when they arrived. */
  readonly happenedAt: string
  readonly decision: Decision
}

export type TransferDone = { readonly kind: 'done'; readonly transfer: KeptTransfer; readonly replayed: boolean }
export type Unmet = { readonly kind: 'insufficient'; readonly shortfalls: readonly Shortfall[] }
type Foreign = { readonly kind: 'not-found' } | { readonly kind: 'not-authority' }

export type BeginOutcome = TransferDone | KeyRefusal | Unmet
export type StepOutcome = TransferDone | KeyRefusal | Unmet | Foreign | StepRefusal
export type ReceiveOutcome = TransferDone | KeyRefusal | Foreign | Exclude<Receipt, { readonly kind: 'received' }>
