import { expect, it } from 'vitest'
import { linkEvents as customersLinkEvents } from '../../../subgraphs/customers/events.ts'
import { invoiceEvents, paymentEvents, refundEvents } from '../../../subgraphs/finance/events.ts'
import { linkEvents, neighbourEvents } from '../../../subgraphs/orders/events.ts'

it('orders put every payment, refund and invoice fact that finance states on their timelines', () => {
  const stated = Object.keys({ ...paymentEvents, ...refundEvents, ...invoiceEvents })
  expect(Object.keys(neighbourEvents).sort()).toEqual(stated.sort())
})

it('orders follow the links that customers decides', () => {
  expect(Object.keys(linkEvents)).toEqual(Object.keys(customersLinkEvents))
})
