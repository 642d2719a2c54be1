import { createOrders } from '../../../subgraphs/orders/index.ts'
import { askAnew, type RunningSubgraph, runSubgraph } from '../../support/run-subgraph.ts'

export const startOrders = (): Promise<RunningSubgraph> => runSubgraph(createOrders)

export const askOrdersAnew = (running: RunningSubgraph) => askAnew(createOrders, running)

/** Whom the customers subgraph says a profile belongs to. */
export function linked(profileId: string, customerId: string) {
  return {
    type: 'retail.customer.linked.v1',
    source: `/tenants/test/customers/profile-link/${profileId}`,
    subject: profileId,
    time: '2026-03-01T00:00:00.000Z',
    data: { profileId, customerId, previousCustomerId: null, rule: 'FIRST_SEEN', evidence: [] },
    partitionKey: profileId,
    authority: 'storeloom',
  }
}

/** What the finance subgraph says of an order. */
export function money(type: string, id: string, orderId: string, amountMinor: string) {
  return {
    type: `retail.${type}.v1`,
    source: `/tenants/test/finance/${id}`,
    subject: id,
    time: '2026-02-10T00:00:00.000Z',
    data: { orderId, amountMinor, currency: 'EUR', state: type.replace(/^.*\./, '').toUpperCase() },
    partitionKey: id,
    authority: 'psp',
  }
}
