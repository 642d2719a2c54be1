import type { FactOrigin } from '../../platform/connector/fact.ts'
import { toProvenance } from '../../platform/connector/freshness.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { toMoney } from '../../platform/money-answer.ts'
import type { QueryOrderArgs, SubgraphResolvers } from '../../schema/generated/orders.ts'
import { lateSecondsOf } from './acknowledgement.ts'
import { loadEdit, loadEdits, orderEditFields } from './edit-resolvers.ts'
import { editMutations, editQueries, editTypes, loadEditRequests } from './editing/edit-resolvers.ts'
import { acknowledgeMutation } from './fulfillment/acknowledge-resolver.ts'
import { fulfillmentMutations, fulfillmentQueries, fulfillmentTypes } from './fulfillment/fulfillment-resolvers.ts'
import type { Context } from './loaders.ts'
import { loadCustomerOrderPage, loadOrderPage, loadTimelinePage } from './order-page.ts'
import { lineTotalMinor, orderTotals } from './order-totals.ts'
import type { OrderView } from './order-view.ts'
import { returnMutations, returnQueries, returnTypes } from './returns/return-resolvers.ts'
import { visibleRecipient } from './visible-orders.ts'

const maxExternalNumbers = 100

export const ordersResolvers: SubgraphResolvers = {
  ...fulfillmentTypes,
  ...returnTypes,
  ...editTypes,
  OrderEdit: {
    __resolveReference: ({ id }, { load }) => loadEdit(id, load),
    ...orderEditFields,
  },
  Mutation: { ...fulfillmentMutations, ...acknowledgeMutation, ...returnMutations, ...editMutations },
  Query: {
    ...fulfillmentQueries,
    ...returnQueries,
    ...editQueries,
    order: (_, keys, context) => loadOrder(keys, context),
    ordersByExternalNumber(_, { channelId, externalNumbers }, { load }) {
      const count = externalNumbers.length
      if (count > maxExternalNumbers) {
        throw refusal(`externalNumbers has ${count} entries, allowed is at most ${maxExternalNumbers}`)
      }
      return Promise.all(
        externalNumbers.map(async (externalNumber) =>
          orderOf(await load.orderIdByExternalNumber.load({ channelId, externalNumber }), load),
        ),
      )
    },
    orders: (_, given, context) => loadOrderPage(given, context),
  },
  Customer: {
    // Which customers exist is the customers subgraph's to say; one without orders has an empty list.
    __resolveReference: ({ id }) => ({ id }),
    orders: ({ id }, given, context) => loadCustomerOrderPage(id, given, context),
  },
  Order: {
    __resolveReference: ({ id }, { load }) => load.order.load(id),
    async customer({ profileId }, _, { load }) {
      const id = profileId === null ? null : await load.customerOfProfile.load(profileId)
      return id === null ? null : { id }
    },
    totals: (order) => {
      const totals = orderTotals(order)
      return {
        subtotal: toMoney(totals.subtotalMinor, order.currency),
        discount: toMoney(totals.discountMinor, order.currency),
        shipping: toMoney(totals.shippingMinor, order.currency),
        tax: toMoney(totals.taxMinor, order.currency),
        total: toMoney(totals.totalMinor, order.currency),
      }
    },
    shipTo: (order, _, { viewer, now }) => visibleRecipient(order, viewer, now),
    edits: ({ id }, { first }, { load }) => loadEdits(id, first, load),
    editRequests: ({ id }, { first }, { load }) => loadEditRequests(id, first, load),
    fulfillmentOrders: ({ id }, _, { load }) => load.fulfillmentOrdersOf.load(id),
    returns: ({ id }, _, { load }) => load.returnsOf.load(id),
    timeline: ({ id }, given, context) => loadTimelinePage(id, given, context),
    acknowledgement: ({ acknowledgement, ackDeadline }, _, { now }) => {
      if (acknowledgement == null) return null
      const { state, acknowledgedAt } = acknowledgement
      return { state, acknowledgedAt, lateBySeconds: lateSecondsOf(acknowledgement, ackDeadline, now) }
    },
    provenance: toAnswer,
  },
  OrderLine: {
    async __resolveReference({ id }, { load }) {
      const order = await orderOf(await load.orderIdByPart.load(id), load)
      return order?.lines.find((line) => line.id === id) ?? null
    },
    variant: ({ variantId }) => refOf(variantId),
    substitutedFor: ({ substitutedFor }) =>
      substitutedFor == null ? null : { sku: substitutedFor.sku, variant: refOf(substitutedFor.variantId) },
    unitPrice: ({ unitPriceMinor, currency }) => toMoney(unitPriceMinor, currency),
    discount: ({ discountMinor, currency }) => toMoney(discountMinor, currency),
    tax: ({ taxMinor, currency }) => toMoney(taxMinor, currency),
    total: (line) => toMoney(lineTotalMinor(line, line.taxIncluded), line.currency),
  },
  Shipment: {
    async __resolveReference({ id }, { load }) {
      const order = await orderOf(await load.orderIdByPart.load(id), load)
      return order?.shipments.find((shipment) => shipment.id === id) ?? null
    },
    order: ({ orderId }, _, { load }) => loadKnown(orderId, load),
    location: ({ locationId }) => (locationId === null ? null : { id: locationId }),
    cost: ({ costMinor, currency }) => (costMinor === null || currency === null ? null : toMoney(costMinor, currency)),
    provenance: toAnswer,
  },
  ShipmentLine: {
    async line({ orderId, lineId }, _, { load }) {
      const line = (await loadKnown(orderId, load)).lines.find(({ id }) => id === lineId)
      if (line === undefined)
        throw new AppError('NOT_FOUND', 'Cannot answer the shipment line: its order no longer has it')
      return line
    },
  },
}

async function loadOrder(keys: Partial<QueryOrderArgs>, { load }: Context): Promise<OrderView | null> {
  const { id, number, channelId, externalNumber } = keys
  const external = channelId != null && externalNumber != null
  const half = (channelId != null) !== (externalNumber != null)
  const given = [id != null, number != null, external].filter(Boolean).length
  if (half) throw refusal('one of channelId and externalNumber is given, allowed is both or none')
  if (given !== 1) {
    throw refusal(`${given} keys are given, allowed is exactly one of id, number, or channelId with externalNumber`)
  }
  if (id != null) return await load.order.load(id)
  if (number != null) return await orderOf(await load.orderIdByNumber.load(number), load)
  if (!external) return null
  return await orderOf(await load.orderIdByExternalNumber.load({ channelId, externalNumber }), load)
}

async function orderOf(id: string | null, load: Context['load']): Promise<OrderView | null> {
  return id === null ? null : await load.order.load(id)
}

async function loadKnown(id: string, load: Context['load']): Promise<OrderView> {
  const order = await load.order.load(id)
  if (order === null) throw new AppError('NOT_FOUND', 'Cannot answer the order of a shipment: it is not known')
  return order
}

function toAnswer({ origin }: { readonly origin: FactOrigin }, _: unknown, { freshness, now }: Context) {
  return toProvenance(origin, freshness, now)
}

function refOf(id: string | null) {
  return id === null ? null : { id }
}

function refusal(text: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot find orders: ${text}`)
}
