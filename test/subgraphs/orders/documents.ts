import type { JsonObject } from '../../../platform/event-log/event-log.ts'

/** Documents as an order management and a warehouse system would say them. */

export function orderData(overrides: JsonObject = {}): JsonObject {
  return {
    number: 'R-1001',
    channelId: 'web',
    externalNumber: 'W-1',
    customer: { namespace: 'crm', value: 'c1' },
    placedAt: '2026-02-01T10:00:00Z',
    currency: 'EUR',
    taxIncluded: false,
    status: 'ACCEPTED',
    statusAt: '2026-02-01T11:00:00Z',
    lines: [lineData(), lineData({ key: '2', sku: 'B-2', quantity: 1, unitPrice: '5.50', discount: null, tax: null })],
    shipping: '4.90',
    shipTo: { name: 'Ada', line1: '1 Way', city: 'Lyon', country: 'FR' },
    ...overrides,
  }
}

export function lineData(overrides: JsonObject = {}): JsonObject {
  return {
    key: '1',
    variant: { namespace: 'sku', value: 'A-1' },
    sku: 'A-1',
    title: 'Anorak',
    quantity: 3,
    unitPrice: '10.00',
    discount: '2.00',
    tax: '5.60',
    ...overrides,
  }
}

export function shipmentData(overrides: JsonObject = {}): JsonObject {
  return {
    order: { namespace: 'oms', value: 'o1' },
    location: { namespace: 'location-code', value: 'DC1' },
    carrier: 'Post',
    trackingNumber: 'T1',
    status: 'IN_TRANSIT',
    shippedAt: '2026-02-03T08:00:00Z',
    cost: '3.10',
    currency: 'EUR',
    lines: [
      { lineKey: '1', quantity: 2 },
      { lineKey: '2', quantity: 1 },
    ],
    ...overrides,
  }
}
