import { createCacheLoader } from '../../platform/batch/loader.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { SubgraphCall } from '../../platform/subgraph/subgraph.ts'
import { readJournal } from '../../policies/read-journal.ts'
import { readPayments } from '../../policies/read-payments.ts'
import type { Caches } from './caches.ts'
import { createPostingLoaders } from './postings/posting-loaders.ts'
import { createMaySee, visibleOfOrder, visibleOne } from './visible.ts'

export type Context = SubgraphCall & {
  readonly freshness: FreshnessBoard
  readonly database: Database
  readonly load: Loaders
}

export type Loaders = ReturnType<typeof createLoaders>

/** Batches the keys of one request; what is asked twice is read once. What the viewer may not see is not there. */
export function createLoaders(database: Database, caches: Caches, viewer: Viewer) {
  const scopes = {
    orderScope: createCacheLoader(caches.orderScope),
    customerOfProfile: createCacheLoader(caches.customerOfProfile),
    region: createCacheLoader(caches.region),
  }
  const maySee = createMaySee(viewer, readPayments, scopes)
  const maySeeJournal = createMaySee(viewer, readJournal, scopes)
  return {
    ...createPostingLoaders(database, viewer, maySeeJournal),
    payment: visibleOne(createCacheLoader(caches.payment), maySee),
    paymentsOfOrder: visibleOfOrder(createCacheLoader(caches.paymentsOfOrder), maySee),
    refund: visibleOne(createCacheLoader(caches.refund), maySee),
    refundsOfOrder: visibleOfOrder(createCacheLoader(caches.refundsOfOrder), maySee),
    invoice: visibleOne(createCacheLoader(caches.invoice), maySee),
    invoicesOfOrder: visibleOfOrder(createCacheLoader(caches.invoicesOfOrder), maySee),
    journalEntry: visibleOne(createCacheLoader(caches.journalEntry), maySeeJournal),
    journalEntriesOfOrder: visibleOfOrder(createCacheLoader(caches.journalEntriesOfOrder), maySeeJournal),
    invoiceIdByNumber: createCacheLoader(caches.invoiceIdByNumber),
  }
}
