import type { EventOf } from '../../../platform/event-log/event-schema.ts'
import type { decisionEvents, Report } from './fulfillment-events.ts'
import { isLive, type KeptFulfillmentOrder, type KeptLine, mayBecome } from './fulfillment-order.ts'
import { eventOf, stateOf } from './report-words.ts'
import { type KeptReroute, mostAttempts, pendingOf, releaseOf, settle, withState } from './reroute.ts'
import type { OrderLineReservation } from './reservation-changes.ts'
import type { Telling } from './telling.ts'

/** What locations are to fulfil of one order, and what was rerouted of it. */
export type OrderFulfillment = {
  readonly tenant: string
  readonly orderId: string
  readonly fulfillmentOrders: readonly KeptFulfillmentOrder[]
  readonly reroutes: readonly KeptReroute[]
}

export type RerouteRequest = { readonly fulfillmentOrderId: string; readonly toLocationId: string | null } & Pick<
  KeptReroute,
  'id' | 'reason' | 'requestedBy' | 'requestedAt'
>
export type Decision = EventOf<typeof decisionEvents>

/** Takes in what is told of one order, one after the other, and tells what it makes of it. Pure but for itself, ids and `tell`. */
export function followFulfillment(known: OrderFulfillment, telling: Telling, mintId: () => string) {
  const orders = new Map(known.fulfillmentOrders.map((one) => [one.id, one]))
  const reroutes = new Map(known.reroutes.map((one) => [one.id, one]))

  function put(before: KeptFulfillmentOrder, after: Partial<KeptFulfillmentOrder>): KeptFulfillmentOrder {
    const next = { ...before, ...after, version: before.version + 1 }
    orders.set(next.id, next)
    return next
  }

  function open(
    made: Omit<KeptFulfillmentOrder, 'id' | 'state' | 'leavingBy' | 'saidBy' | 'version'>,
  ): KeptFulfillmentOrder {
    const next: KeptFulfillmentOrder = {
      ...made,
      ...{ id: mintId(), state: 'OPEN', leavingBy: null, saidBy: null, version: 1 },
    }
    orders.set(next.id, next)
    return next
  }

  /** Without the lines that went elsewhere or are gone; of none that are left it is over. */
  function leave(
    before: KeptFulfillmentOrder,
    gone: ReadonlySet<string>,
    reason: string,
    rerouteId: string | null,
  ): void {
    const left = before.lines.filter(({ reservationId }) => !gone.has(reservationId))
    if (left.some(({ quantity }) => quantity > 0)) {
      telling.order('changed', put(before, { lines: left, leavingBy: null }), { reason, rerouteId })
      return
    }
    // What it was to fulfil stays to be read.
    const state = before.state === 'REJECTED' || before.state === 'SHORT' ? 'CLOSED' : 'CANCELLED'
    telling.order('cancelled', put(before, { state, leavingBy: null }), { reason, rerouteId })
  }

  function place(reservation: OrderLineReservation, locationId: string): void {
    const { channelId, method, orderId } = reservation
    const line = toLine(reservation)
    const there = [...orders.values()].find(
      (one) => one.state === 'OPEN' && one.leavingBy === null && one.locationId === locationId && one.method === method,
    )
    const after =
      there === undefined
        ? open({ orderId, channelId, method, locationId, lines: [line], madeBy: null })
        : put(there, { lines: [...there.lines, line] })
    telling.order('routed', after)
  }

  function ask(reroute: KeptReroute, toLocationId: string | null): void {
    const leaving = orders.get(reroute.leavingId)
    if (leaving === undefined) return
    reroutes.set(reroute.id, reroute)
    telling.request(reroute, put(leaving, { leavingBy: reroute.id }), toLocationId)
  }

  function settleAll(fulfillmentOrderId: string, said: Parameters<typeof settle>[2]): void {
    for (const reroute of reroutes.values()) reroutes.set(reroute.id, settle(reroute, fulfillmentOrderId, said))
  }

  function follow(before: KeptFulfillmentOrder, report: Report, at: string): void {
    const { system } = report.origin
    const to = stateOf[report.status]
    if (!mayBecome(before.state, to)) return
    const after = put(before, { state: to, saidBy: system })
    telling.order(eventOf[report.status], after, { reason: report.reason })
    if (to !== 'REJECTED') {
      if (to !== 'RELEASED') settleAll(after.id, { kind: 'ALLOCATION', state: 'CONFIRMED', settledAt: at, system })
      return
    }
    settleAll(after.id, { kind: 'ALLOCATION', state: 'REFUSED', settledAt: at, system })
    const reroute = reroutes.get(after.madeBy ?? '')
    if (reroute === undefined || after.leavingBy !== null) return
    const rejectedLocationIds = [...new Set([...reroute.rejectedLocationIds, after.locationId])]
    const again: KeptReroute = { ...reroute, acknowledgement: null }
    if (reroute.attempt < mostAttempts) {
      const attempt = reroute.attempt + 1
      ask({ ...again, state: 'REQUESTED', attempt, leavingId: after.id, rejectedLocationIds }, null)
      return
    }
    const refusal = { reason: 'NO_LOCATION' as const, alternatives: [] }
    const refused: KeptReroute = { ...again, state: 'REFUSED', rejectedLocationIds, refusal }
    reroutes.set(refused.id, refused)
    telling.refused(refused, after.id)
  }

  /** Of one that was refused: whether what it left is elsewhere or gone by now, or was asked for anew. */
  function isOver({ id, state, leavingId }: KeptReroute): boolean {
    if (state !== 'REFUSED') return false
    const left = orders.get(leavingId)
    return (
      left === undefined ||
      !isLive(left) ||
      [...reroutes.values()].some((one) => one.fromId === leavingId && one.id > id)
    )
  }

  return {
    /** A reservation of the order as it is after a change. */
    reserve(reservation: OrderLineReservation): void {
      const { reservationId, locationId, confirmed, consumed } = reservation
      const holds = (one: KeptFulfillmentOrder) => one.lines.some((line) => line.reservationId === reservationId)
      const before = [...orders.values()].find((one) => isLive(one) && holds(one))
      if (before === undefined) {
        const over = [...orders.values()].some((one) => isFulfilled(one) && holds(one))
        if (!over && confirmed > 0 && locationId !== null) place(reservation, locationId)
        return
      }
      if (before.locationId !== locationId) {
        leave(before, new Set([reservationId]), 'the reservation was moved', null)
        if (confirmed > 0 && locationId !== null) place(reservation, locationId)
        return
      }
      const lines = before.lines.map((line) => (line.reservationId === reservationId ? toLine(reservation) : line))
      if (JSON.stringify(lines) === JSON.stringify(before.lines)) return
      if (lines.some(({ quantity }) => quantity > 0)) telling.order('changed', put(before, { lines }))
      else if (lines.every(({ fulfilled }) => fulfilled === 0)) {
        leave(before, new Set(lines.map((line) => line.reservationId)), 'the units were released', null)
      } else {
        const collected = before.method === 'PICKUP' || before.method === 'LOCKER'
        const after = put(before, { lines, state: collected ? 'COLLECTED' : 'SHIPPED', saidBy: null })
        telling.order(collected ? 'collected' : 'shipped', after)
      }
      if (consumed > 0) {
        settleAll(before.id, { kind: 'ALLOCATION', state: 'CONFIRMED', settledAt: telling.at(), system: null })
      }
    },

    /** Its units are asked to go elsewhere. Call it for one that may be rerouted alone. */
    request({ fulfillmentOrderId, toLocationId, ...told }: RerouteRequest): void {
      const { orderId } = known
      const leaving = orders.get(fulfillmentOrderId)
      if (leaving === undefined) return
      // Who gave the same units back before is not asked again by itself.
      const earlier = reroutes.get(leaving.madeBy ?? '')?.rejectedLocationIds ?? []
      const rejectedLocationIds = [...new Set([...earlier, leaving.locationId])]
      ask(
        {
          ...told,
          ...{ orderId, state: 'REQUESTED', fromId: fulfillmentOrderId, leavingId: fulfillmentOrderId, toId: null },
          ...{ attempt: 1, rejectedLocationIds, confirmations: [], refusal: null, isOver: false },
        },
        toLocationId,
      )
    },

    /** What stock made of a request. */
    decide(decision: Decision): void {
      const reroute = reroutes.get(decision.data.rerouteId)
      const leaving = orders.get(reroute?.leavingId ?? '')
      if (reroute === undefined || leaving === undefined) return
      if (reroute.state !== 'REQUESTED' || reroute.attempt !== decision.data.attempt) return
      if (decision.type === 'retail.inventory.reroute-refused.v1') {
        const { reason, alternatives } = decision.data
        put(leaving, { leavingBy: null })
        const refused: KeptReroute = { ...reroute, state: 'REFUSED', refusal: { reason, alternatives } }
        reroutes.set(refused.id, refused)
        telling.refused(refused, leaving.id)
        return
      }
      const { lines, locationId, score, previousDate, date } = decision.data
      leave(leaving, new Set(lines.map(({ reservationId }) => reservationId)), reroute.reason, reroute.id)
      const made = open({
        ...{ orderId: known.orderId, channelId: leaving.channelId, method: leaving.method, locationId },
        lines: lines.map((line) => ({ ...line, fulfilled: 0 })),
        madeBy: reroute.id,
      })
      const { rejectedLocationIds } = reroute
      const from = { previousFulfillmentOrderId: leaving.id, previousLocationId: leaving.locationId }
      telling.order('rerouted', made, {
        ...from,
        reason: reroute.reason,
        rerouteId: reroute.id,
        rejectedLocationIds,
        score,
      })
      telling.customer(reroute, made, { previousLocationId: leaving.locationId, previousDate, date })
      const at = telling.at()
      const confirmations = [
        ...reroute.confirmations,
        // One that gave it back after a reroute has said so in answer to that.
        ...(reroute.attempt === 1 ? [releaseOf(leaving, at)] : []),
        pendingOf('ALLOCATION', made, at),
      ]
      reroutes.set(reroute.id, withState({ ...reroute, state: 'MOVED', toId: made.id, confirmations }))
    },

    /** A location's system said how far its task is. */
    report(report: Report): void {
      const at = telling.at()
      const { fulfillmentOrderId: named, locationId } = report
      const meant = [...orders.values()].filter(
        (one) => one.locationId === locationId && (named === null || one.id === named),
      )
      const live = meant.find(isLive)
      if (live !== undefined) {
        follow(live, report, at)
        return
      }
      if (report.status === 'RELEASED' || report.status === 'ACCEPTED') return
      const left = report.status === 'REJECTED' || report.status === 'CANCELLED'
      const { system } = report.origin
      for (const { id } of meant) {
        settleAll(id, { kind: 'RELEASE', state: left ? 'CONFIRMED' : 'REFUSED', settledAt: at, system })
      }
    },

    /** Something left a location: who was to send it knows, and who was not to has not heard. */
    dispatched(locationId: string, system: string): void {
      const at = telling.at()
      for (const one of orders.values()) {
        if (one.locationId !== locationId) continue
        const kind = isLive(one) ? 'ALLOCATION' : 'RELEASE'
        settleAll(one.id, { kind, state: isLive(one) ? 'CONFIRMED' : 'REFUSED', settledAt: at, system })
      }
    },

    result: (): OrderFulfillment => ({
      ...known,
      fulfillmentOrders: [...orders.values()],
      reroutes: [...reroutes.values()].map((one) => ({ ...one, isOver: one.isOver || isOver(one) })),
    }),
  }
}

export type FulfillmentFollower = ReturnType<typeof followFulfillment>

function toLine({ reservationId, lineId, variantId, confirmed, consumed }: OrderLineReservation): KeptLine {
  return { reservationId, lineId, variantId, quantity: confirmed, fulfilled: consumed }
}

function isFulfilled({ state }: KeptFulfillmentOrder): boolean {
  return state === 'SHIPPED' || state === 'COLLECTED'
}
