import type { OrderContent, OrderLineContent } from './events.ts'
import type { ChangeSet, OrderChange } from './order-change.ts'
import { orderTotals } from './order-totals.ts'

type Content = Omit<OrderContent, 'origin' | 'former'>

/** What is otherwise in `after`. Applied to `before` line by line it gives `after`, but for addresses and details. */
export function changeSetOf(before: Content, after: Content): ChangeSet {
  const known = new Map(before.lines.map((one) => [one.lineId, one]))
  const left = new Set(after.lines.map(({ lineId }) => lineId))
  const removed = before.lines.filter(({ lineId }) => !left.has(lineId))
  const changes: OrderChange[] = [
    ...removed.map((one): OrderChange => ({ kind: 'LINE_REMOVED', ...unitsOf(one) })),
    ...after.lines.flatMap((one) => lineChanges(known.get(one.lineId), one)),
  ]
  if (before.shippingMinor !== after.shippingMinor) {
    const { shippingMinor: beforeMinor } = before
    changes.push({ kind: 'SHIPPING_PRICE_CHANGED', beforeMinor, afterMinor: after.shippingMinor })
  }
  if (before.locationId !== after.locationId) {
    changes.push({ kind: 'LOCATION_CHANGED', before: before.locationId, after: after.locationId })
  }
  const address = membersThatDiffer(before.shipTo ?? {}, after.shipTo ?? {})
  if (address.length > 0) changes.push({ kind: 'ADDRESS_CHANGED', members: address })
  const details = [
    ...membersThatDiffer(detailsOf(before), detailsOf(after)),
    ...(haveOtherDetails(known, after.lines) ? ['lines'] : []),
  ]
  if (details.length > 0) changes.push({ kind: 'DETAILS_CHANGED', members: details })
  const sameCurrency = before.currency === after.currency
  const delta = orderTotals(after).totalMinor - orderTotals(before).totalMinor
  return { changes, priceDeltaMinor: sameCurrency ? String(delta) : null }
}

function lineChanges(before: OrderLineContent | undefined, after: OrderLineContent): readonly OrderChange[] {
  const { lineId } = after
  if (before === undefined) return [{ kind: 'LINE_ADDED', ...unitsOf(after) }]
  const changes: OrderChange[] = []
  if (before.sku !== after.sku || before.variantId !== after.variantId) {
    changes.push({ kind: 'LINE_ITEM_CHANGED', lineId, before: itemOf(before), after: itemOf(after) })
  }
  if (before.quantity !== after.quantity) {
    changes.push({ kind: 'LINE_QUANTITY_CHANGED', lineId, before: before.quantity, after: after.quantity })
  }
  const [was, is] = [priceOf(before), priceOf(after)]
  if (membersThatDiffer(was, is).length > 0)
    changes.push({ kind: 'LINE_PRICE_CHANGED', lineId, before: was, after: is })
  return changes
}

function haveOtherDetails(known: ReadonlyMap<string, OrderLineContent>, lines: readonly OrderLineContent[]): boolean {
  return lines.some((after) => {
    const before = known.get(after.lineId)
    return before !== undefined && membersThatDiffer(lineDetails(before), lineDetails(after)).length > 0
  })
}

function lineDetails({ title, substitution, substitutedFor }: OrderLineContent): object {
  return { title, substitution, substitutedFor }
}

function detailsOf({ lines: _, shippingMinor: _s, locationId: _l, shipTo: _a, ...details }: Content): object {
  return details
}

function membersThatDiffer(before: object, after: object): string[] {
  const [was, is] = [new Map(Object.entries(before)), new Map(Object.entries(after))]
  return [...new Set([...was.keys(), ...is.keys()])]
    .filter((name) => JSON.stringify(was.get(name) ?? null) !== JSON.stringify(is.get(name) ?? null))
    .sort()
}

function unitsOf({ lineId, variantId, sku, quantity }: OrderLineContent) {
  return { lineId, variantId, sku, quantity }
}

function itemOf({ variantId, sku }: OrderLineContent) {
  return { variantId, sku }
}

function priceOf({ unitPriceMinor, discountMinor, taxMinor }: OrderLineContent) {
  return { unitPriceMinor, discountMinor, taxMinor }
}
