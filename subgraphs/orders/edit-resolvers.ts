import { AppError } from '../../platform/errors/app-error.ts'
import { toMoney } from '../../platform/money-answer.ts'
import type { SubgraphResolvers } from '../../schema/generated/orders.ts'
import type { Context } from './loaders.ts'
import type { OrderChange } from './order-change.ts'
import { type EditView, mostEdits } from './read-edits.ts'

/** @throws AppError `BAD_USER_INPUT` */
export async function loadEdits(orderId: string, first: number | null | undefined, load: Context['load']) {
  const size = first ?? 25
  if (size < 0 || size > mostEdits) {
    throw new AppError('BAD_USER_INPUT', `Cannot list edits: first is ${size}, allowed is 0 to ${mostEdits}`)
  }
  return (await load.edits.load(orderId)).slice(0, size)
}

/** @returns null for one of an order that the viewer does not see, as for one there is not */
export async function loadEdit(id: string, load: Context['load']): Promise<EditView | null> {
  const orderId = id.slice(0, id.lastIndexOf('@'))
  if ((await load.order.load(orderId)) === null) return null
  return (await load.edits.load(orderId)).find((edit) => edit.id === id) ?? null
}

export const orderEditFields: Pick<NonNullable<SubgraphResolvers['OrderEdit']>, 'priceDelta' | 'changes'> = {
  priceDelta: ({ priceDeltaMinor, currency }) => (priceDeltaMinor === null ? null : toMoney(priceDeltaMinor, currency)),
  changes: ({ changes, currency }) => changes.map((change) => toChangeAnswer(change, currency)),
}

export function toChangeAnswer(change: OrderChange, currency: string) {
  switch (change.kind) {
    case 'LINE_ADDED':
    case 'LINE_REMOVED': {
      const { lineId, quantity } = change
      const added = change.kind === 'LINE_ADDED'
      return {
        __typename: added ? ('OrderLineAdded' as const) : ('OrderLineRemoved' as const),
        lineId,
        item: toItem(change),
        quantity,
      }
    }
    case 'LINE_QUANTITY_CHANGED': {
      const { lineId, before: previousQuantity, after: quantity } = change
      return { __typename: 'OrderLineQuantityChanged' as const, lineId, previousQuantity, quantity }
    }
    case 'LINE_ITEM_CHANGED': {
      const [previousItem, item] = [toItem(change.before), toItem(change.after)]
      return { __typename: 'OrderLineItemChanged' as const, lineId: change.lineId, previousItem, item }
    }
    case 'LINE_PRICE_CHANGED': {
      const [previousPrice, price] = [toPrice(change.before, currency), toPrice(change.after, currency)]
      return { __typename: 'OrderLinePriceChanged' as const, lineId: change.lineId, previousPrice, price }
    }
    case 'SHIPPING_PRICE_CHANGED': {
      const [previousShipping, shipping] = [toMoney(change.beforeMinor, currency), toMoney(change.afterMinor, currency)]
      return { __typename: 'OrderShippingPriceChanged' as const, previousShipping, shipping }
    }
    case 'LOCATION_CHANGED': {
      const [previousLocation, location] = [toRef(change.before), toRef(change.after)]
      return { __typename: 'OrderLocationChanged' as const, previousLocation, location }
    }
    case 'ADDRESS_CHANGED':
      return { __typename: 'OrderAddressChanged' as const, members: change.members }
    case 'DETAILS_CHANGED':
      return { __typename: 'OrderDetailsChanged' as const, members: change.members }
    default:
      return change satisfies never
  }
}

function toItem({ variantId, sku }: { readonly variantId: string | null; readonly sku: string }) {
  return { sku, variant: toRef(variantId) }
}

function toPrice(
  { unitPriceMinor, discountMinor, taxMinor }: Extract<OrderChange, { kind: 'LINE_PRICE_CHANGED' }>['before'],
  currency: string,
) {
  return {
    unitPrice: toMoney(unitPriceMinor, currency),
    discount: toMoney(discountMinor, currency),
    tax: toMoney(taxMinor, currency),
  }
}

function toRef(id: string | null) {
  return id === null ? null : { id }
}
