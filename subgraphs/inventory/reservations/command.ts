import type { KeyedCommand } from '../../../platform/idempotency/idempotency.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import type { Method } from '../network.ts'
import type { Changed, LegRefusal, Owner, ReservationRow } from './legs.ts'
import type { Waiting } from './owed.ts'
import type { KitDemand, Part, Shortfall } from './place.ts'
import type { OpenDemand } from './substitute.ts'

type Common = {
  readonly keyed: KeyedCommand
  readonly viewer: Viewer
  readonly correlationId: string
}

export type ReserveCommand = Common & {
  readonly kind: 'reserve'
  readonly channelId: string
  readonly method: Method
  readonly owner: Owner
  readonly lines: readonly OpenDemand[]
  /** Lines that are reserved as what they are made of. */
  readonly kits: readonly KitDemand[]
  readonly ttlSeconds: number
  /** Gives back what the owner still holds, in the same step. */
  readonly replaceOwner: boolean
  /** Where the units must be: a store to pick up at. */
  readonly locationId: string | null
  /** False: promised of the network, to be placed later. */
  readonly placed: boolean
}

export type Units = {
  readonly reservationId: string
  /** null: all that are there. */
  readonly quantity: number | null
}

/** What happens to reservations that exist. All of them or none. */
export type ChangeCommand = Common & {
  /** Who must own them; null: whoever may act for any owner. */
  readonly owner: Owner | null
  readonly items: readonly Units[]
  readonly step:
    | { readonly kind: 'extend'; readonly ttlSeconds: number }
    | { readonly kind: 'confirm'; readonly orderId: string }
    | { readonly kind: 'release' }
    | { readonly kind: 'allocate' | 'consume'; readonly occurredAt: string | null }
    | { readonly kind: 'move'; readonly locationId: string; readonly variantId: string }
  readonly kind: 'change'
}

/** Writes down what time has done already. */
export type TidyCommand = { readonly kind: 'tidy'; readonly reservationIds: readonly string[] }

/** Gives units that the network owes a location. */
export type PlaceCommand = {
  readonly kind: 'place'
  readonly variantId: string
  /** Of what is looked at, the oldest first. */
  readonly reservationIds: readonly string[]
  /** Units that were owed before these, and are still. */
  readonly waiting: readonly Waiting[]
}

/** Somebody's, by a key. */
export type SentCommand = ReserveCommand | ChangeCommand
export type Command = SentCommand | TidyCommand | PlaceCommand

export function isSent(command: Command): command is SentCommand {
  return command.kind === 'reserve' || command.kind === 'change'
}

export type Refusal =
  | { readonly kind: 'insufficient'; readonly shortfalls: readonly Shortfall[] }
  | { readonly kind: 'channel-closed'; readonly channelId: string }
  | { readonly kind: 'not-found'; readonly reservationId: string }
  | { readonly kind: 'leg'; readonly reservationId: string; readonly refusal: LegRefusal }
  | { readonly kind: 'key-reused' }
  | { readonly kind: 'key-in-progress' }

export type Done = {
  readonly kind: 'done'
  readonly reservations: readonly ReservationRow[]
  readonly plan: readonly Part[]
  readonly replayed: boolean
}

export type Outcome = Done | Refusal

/** What a decision does: the answer and the rows and events behind it. */
export type Decision = { readonly outcome: Outcome; readonly changes: readonly Change[] }

export type Change = Changed & {
  readonly before: ReservationRow | null
  readonly occurredAt: string | null
  /** The command that makes it, of what was not before. */
  readonly madeBy?: KeyedCommand
}
