import type { JsonObject } from '../../../platform/event-log/event-log.ts'

export function paymentDocument(order: string, overrides: JsonObject = {}): JsonObject {
  return {
    order: { namespace: 'order-number', value: order },
    psp: 'adyen',
    pspReference: `psp-${order}`,
    method: 'visa',
    status: 'AUTHORIZED',
    currency: 'EUR',
    authorized: '50.00',
    captured: '0',
    authorizedAt: '2026-09-01T10:00:00.000Z',
    ...overrides,
  }
}

export const captured = { status: 'CAPTURED', captured: '50.00', capturedAt: '2026-09-02T10:00:00.000Z' }

export function refundDocument(order: string, overrides: JsonObject = {}): JsonObject {
  return {
    order: { namespace: 'order-number', value: order },
    payment: { namespace: 'adyen', value: `psp-${order}` },
    amount: '20.00',
    currency: 'EUR',
    status: 'SUBMITTED',
    reason: 'too small',
    createdAt: '2026-09-10T10:00:00.000Z',
    ...overrides,
  }
}

export function invoiceDocument(order: string, overrides: JsonObject = {}): JsonObject {
  return {
    number: `INV-${order}`,
    order: { namespace: 'order-number', value: order },
    issuedAt: '2026-09-02T11:00:00.000Z',
    currency: 'EUR',
    total: '50.00',
    status: 'ISSUED',
    ...overrides,
  }
}

export function journalDocument(order: string, overrides: JsonObject = {}): JsonObject {
  return {
    number: `J-${order}`,
    order: { namespace: 'order-number', value: order },
    rule: 'REVENUE',
    documentRef: `INV-${order}`,
    currency: 'EUR',
    amount: '50.00',
    status: 'QUEUED',
    createdAt: '2026-09-02T11:00:00.000Z',
    ...overrides,
  }
}

export const posted = { status: 'POSTED', postedAt: '2026-09-02T11:10:00.000Z' }
