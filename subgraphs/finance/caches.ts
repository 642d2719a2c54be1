import type { CacheFactory } from '../../platform/cache/cache.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import { readJournalEntries, readJournalEntriesOfOrders } from './journal-reads.ts'
import { readCustomersOfProfiles, readOrderScopes } from './order-scopes.ts'
import {
  readInvoiceIdsByNumber,
  readInvoices,
  readInvoicesOfOrders,
  readPayments,
  readPaymentsOfOrders,
  readRefunds,
  readRefundsOfOrders,
} from './reads.ts'
import { readRegions } from './regions.ts'

const maxEntries = 20_000
const keyOf = (id: string) => id

export type Caches = ReturnType<typeof createCaches>

/** Names are those the projections' `keysOf` invalidate. */
export function createCaches(database: Queryable, factory: CacheFactory) {
  function cacheOf<V>(
    name: string,
    read: (database: Queryable, keys: readonly string[]) => Promise<readonly (V | null)[]>,
  ) {
    return factory.readThrough<string, V>({ name, keyOf, maxEntries, load: (keys) => read(database, keys) })
  }
  return {
    payment: cacheOf('finance.payment', readPayments),
    paymentsOfOrder: cacheOf('finance.payments-of-order', readPaymentsOfOrders),
    refund: cacheOf('finance.refund', readRefunds),
    refundsOfOrder: cacheOf('finance.refunds-of-order', readRefundsOfOrders),
    invoice: cacheOf('finance.invoice', readInvoices),
    invoicesOfOrder: cacheOf('finance.invoices-of-order', readInvoicesOfOrders),
    journalEntry: cacheOf('finance.journal-entry', readJournalEntries),
    journalEntriesOfOrder: cacheOf('finance.journal-entries-of-order', readJournalEntriesOfOrders),
    orderScope: cacheOf('finance.order-scope', readOrderScopes),
    region: cacheOf('finance.region', readRegions),
    customerOfProfile: cacheOf('finance.customer-of-profile', readCustomersOfProfiles),
    invoiceIdByNumber: cacheOf('finance.invoice-by-number', readInvoiceIdsByNumber),
  }
}
