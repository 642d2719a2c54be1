import type { Transaction } from '../../../platform/sql/database.ts'
import type { OrderView } from '../order-view.ts'
import { overReturned } from './decide-return.ts'
import type { KeptReturn, KeptReturnLine } from './return.ts'
import { type Asked, causeOf, once, type ReturnDeps, type ReturnOutcome, readCountries } from './return-command.ts'
import { lockReturnsOfOrder, readOrderWithoutReturns, returnableOf } from './return-store.ts'
import { toChangeEvent } from './tell-return.ts'

export type RequestCommand = Asked & {
  readonly orderId: string
  readonly lines: readonly Pick<KeptReturnLine, 'lineId' | 'quantity' | 'reason'>[]
  readonly initiatedVia: KeptReturn['initiatedVia']
  /** null: where the first line was shipped from. */
  readonly returnToId: string | null
  readonly deadline: string
  readonly requestedBy: string
}

/** Begins a return; see `overReturned`. Requests of one order come one after the other, so that none counts without the other. */
export function requestReturn(deps: ReturnDeps, command: RequestCommand): Promise<ReturnOutcome> {
  return once(deps, command, async (transaction) => {
    const { tenant, orderId, lines } = command
    const known = await lockReturnsOfOrder(transaction, tenant, orderId)
    const order = await readOrderWithoutReturns(transaction, orderId)
    if (order === null) return { kind: 'not-found', argument: 'orderId' }
    const refused = overReturned(lines, known, (lineId) => returnableOf(order, lineId))
    if (refused !== null) return refused
    const after = await toReturn(transaction, command, order, known.length + 1, `ret_${deps.ids.ulid()}`)
    if (after === null) return { kind: 'not-found', argument: 'returnToLocationId' }
    return { kind: 'effect', after, events: [toChangeEvent('requested', after, causeOf(command))] }
  })
}

/** @param nth of the order's returns; @returns null where the location it is to come back to is not known */
async function toReturn(
  transaction: Transaction,
  command: RequestCommand,
  order: OrderView,
  nth: number,
  id: string,
): Promise<KeptReturn | null> {
  const { tenant, orderId, initiatedVia, deadline, requestedBy, now } = command
  const fromOf = (lineId: string) => [...new Set(shippedFromOf(order, lineId))]
  const [first] = command.lines.flatMap(({ lineId }) => fromOf(lineId))
  const returnToId = command.returnToId ?? first ?? ''
  const places = [returnToId, ...command.lines.flatMap(({ lineId }) => fromOf(lineId)), order.locationId ?? '']
  const countries = await readCountries(transaction, [...new Set(places)])
  const returnToCountry = countries.get(returnToId)
  if (returnToCountry === undefined) return null
  const countryOf = (locationId: string) => countries.get(locationId) ?? null
  const lines = command.lines.map(({ lineId, quantity, reason }): KeptReturnLine => {
    const line = order.lines.find(({ id: known }) => known === lineId)
    if (line === undefined) throw new TypeError('Cannot return a line that was not shipped')
    const { variantId, quantity: sold, unitPriceMinor, discountMinor, taxMinor } = line
    const shippedFrom = fromOf(lineId).map((locationId) => ({ locationId, country: countryOf(locationId) }))
    const price = { quantity: sold, unitPriceMinor, discountMinor, taxMinor }
    return { lineId, variantId, quantity, reason, shippedFrom, sold: price, receipts: [] }
  })
  const collected = order.locationId === null ? null : countryOf(order.locationId)
  const { channelId, currency, taxIncluded } = order
  return {
    ...{ id, tenant, rma: `${order.number}-R${nth}`, orderId, channelId, currency, taxIncluded, initiatedVia },
    ...{ authorization: 'REQUESTED', returnToId, returnToCountry, deadline, requestedBy, note: null, lines },
    destinationCountry: codeOf(order.shipTo?.country ?? null) ?? collected,
    ...{ requestedAt: now.toISOString(), refunds: [], posted: null, movedVersion: 0, closed: false, version: 1 },
  }
}

/** Where parcels with the line left from; of what was handed over in a store, the store. */
function shippedFromOf({ shipments, lines, locationId }: OrderView, lineId: string): readonly string[] {
  const sent = shipments.filter((shipment) => shipment.lines.some((line) => line.lineId === lineId))
  const from = sent.flatMap((shipment) => shipment.locationId ?? [])
  if (from.length > 0 || locationId === null) return from
  const counts = lines.find(({ id }) => id === lineId)?.stateCounts ?? []
  return counts.some(({ state }) => state === 'COLLECTED') ? [locationId] : []
}

/** A country told in other words than its code is none to compare. */
function codeOf(country: string | null): string | null {
  return country !== null && /^[A-Z]{2}$/.test(country) ? country : null
}
