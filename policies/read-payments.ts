import { allow, deny, type Policy } from './policy.ts'

/**
 * Payment state, refunds and invoices of an order in scope: its shopper, the service desk, the store that
 * handles it, finance. Partners have their settlement view instead. Guards `Order.payments`, `Order.refunds`,
 * `Order.invoices`, `Order.paymentSummary` and every way to a `Payment`, `Refund` or `Invoice`.
 */
export const readPayments: Policy = {
  name: 'read-payments',
  decide(viewer) {
    if (viewer.kind === 'service' || viewer.kind === 'shopper') return allow
    if (viewer.kind !== 'staff') return deny('payments are not for this kind of viewer')
    return viewer.roles.some((role) => role === 'service-desk' || role === 'store-associate' || role === 'finance')
      ? allow
      : deny('role may not read payments')
  },
}
