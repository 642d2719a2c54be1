import type { RerouteRefused } from './fulfillment-events.ts'
import type { KeptFulfillmentOrder } from './fulfillment-order.ts'

/** Most locations a reroute asks, one after the other. */
export const mostAttempts = 5

/** How long a system may take to say that it knows, before it counts as overdue. */
export const confirmWithinSeconds = 15 * 60

/** JSON values only: it is kept as a document. */
export type KeptReroute = {
  readonly id: string
  readonly orderId: string
  readonly state: 'REQUESTED' | 'MOVED' | 'CONFIRMED' | 'REFUSED'
  readonly reason: string
  readonly requestedBy: string
  readonly requestedAt: string
  /** Of the location that cannot. */
  readonly fromId: string
  /** Whose units are asked to go elsewhere in this attempt. */
  readonly leavingId: string
  readonly toId: string | null
  /** 1 is the first. */
  readonly attempt: number
  /** Not to be asked again: where it was, and those that gave it back since. */
  readonly rejectedLocationIds: readonly string[]
  readonly confirmations: readonly Confirmation[]
  /** Nobody need do anything about it any more, though it was refused. */
  readonly isOver: boolean
  readonly refusal: Pick<RerouteRefused, 'reason' | 'alternatives'> | null
  /** Since nothing else went wrong, people have said that it is seen to. Absent of those of earlier releases. */
  readonly acknowledgement?: Acknowledgement | null
}

export type Acknowledgement = {
  readonly note: string
  readonly acknowledgedBy: string
  readonly acknowledgedAt: string
}

export type Alternative = RerouteRefused['alternatives'][number]
export type AlternativeLine = Alternative['lines'][number]

export type Confirmation = {
  readonly kind: 'RELEASE' | 'ALLOCATION'
  readonly fulfillmentOrderId: string
  readonly locationId: string
  readonly state: 'PENDING' | 'CONFIRMED' | 'REFUSED'
  readonly since: string
  readonly settledAt: string | null
  readonly system: string | null
}

/** What a system said settles what was waited for of one fulfilment order; nothing else, and what is settled stays. */
export function settle(
  reroute: KeptReroute,
  fulfillmentOrderId: string,
  said: Pick<Confirmation, 'kind' | 'settledAt' | 'system'> & { readonly state: 'CONFIRMED' | 'REFUSED' },
): KeptReroute {
  const confirmations = reroute.confirmations.map((one) =>
    one.fulfillmentOrderId === fulfillmentOrderId && one.kind === said.kind && one.state === 'PENDING'
      ? { ...one, ...said }
      : one,
  )
  const isNews = said.state === 'REFUSED' && confirmations.some((one, at) => one !== reroute.confirmations[at])
  const { acknowledgement = null } = reroute
  return withState({ ...reroute, confirmations, acknowledgement: isNews ? null : acknowledgement })
}

export function withState(reroute: KeptReroute): KeptReroute {
  if (reroute.state !== 'MOVED' && reroute.state !== 'CONFIRMED') return reroute
  // What a later attempt made good again is not open any more.
  const open = reroute.confirmations.some(
    ({ kind, state }) => state === 'PENDING' || (state === 'REFUSED' && kind === 'RELEASE'),
  )
  return { ...reroute, state: open ? 'MOVED' : 'CONFIRMED' }
}

/** Since when somebody is to do something about it; null: nobody is. */
export function openSinceOf(reroute: KeptReroute): string | null {
  const { state, isOver, requestedAt, confirmations, acknowledgement = null } = reroute
  if (state === 'CONFIRMED' || isOver || acknowledgement !== null) return null
  if (state !== 'MOVED') return requestedAt
  const open = confirmations.filter((one) => one.state !== 'CONFIRMED').map(({ since }) => since)
  return open.sort()[0] ?? requestedAt
}

/** Since when a system is to answer; null: none is. */
export function awaitedSinceOf({ state, requestedAt, confirmations }: KeptReroute): string | null {
  if (state === 'REQUESTED') return requestedAt
  const pending = confirmations.filter((one) => one.state === 'PENDING').map(({ since }) => since)
  return pending.sort()[0] ?? null
}

export function pendingOf(
  kind: Confirmation['kind'],
  { id, locationId }: KeptFulfillmentOrder,
  since: string,
): Confirmation {
  return { kind, fulfillmentOrderId: id, locationId, state: 'PENDING', since, settledAt: null, system: null }
}

/** @param leaving as it was before: one that gave it back needs not be told */
export function releaseOf(leaving: KeptFulfillmentOrder, at: string): Confirmation {
  const pending = pendingOf('RELEASE', leaving, at)
  return leaving.state === 'REJECTED'
    ? { ...pending, state: 'CONFIRMED', settledAt: at, system: leaving.saidBy }
    : pending
}
