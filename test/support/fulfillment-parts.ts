import { createCacheFactory } from '../../platform/cache/cache-factory.ts'
import type { FreshnessBoard } from '../../platform/connector/freshness.ts'
import { createCursorCodec } from '../../platform/cursor.ts'
import { createConsumer } from '../../platform/event-log/consumer.ts'
import type { Apply } from '../../platform/event-log/isolate.ts'
import { createPostgresEventLog } from '../../platform/event-log/postgres.ts'
import { createProjector } from '../../platform/event-log/project.ts'
import type { Database } from '../../platform/sql/database.ts'
import { createFinance } from '../../subgraphs/finance/index.ts'
import { createInventory } from '../../subgraphs/inventory/index.ts'
import { createOrders } from '../../subgraphs/orders/index.ts'
import { withCatalogue } from '../subgraphs/inventory/catalogue.ts'

/** Where a process may die in a turn: before it commits, or after. */
export type Moment = {
  readonly process: string
  readonly at: 'decided' | 'committed'
  readonly types: readonly string[]
}

/**
 * Inventory, orders and finance over one store, as a process of the product has them: only the log is between them.
 * @param onMoment called in each turn of a process of theirs, with the types of what it takes in
 * @param only the one process that runs here, where others would do what is waited for before it
 */
export function openFulfillmentParts(database: Database, onMoment: (moment: Moment) => void = () => {}, only?: string) {
  const cacheFactory = createCacheFactory({ maxEntries: 10_000 })
  const eventLog = createPostgresEventLog({ database, pollMs: 20 })
  const cursors = createCursorCodec({ secret: 'a secret of tests with 32 letters or more' })
  const deps = { database, cacheFactory, freshness: alwaysFresh, cursors, eventLog }
  const inventory = withCatalogue(createInventory)(deps)
  const orders = createOrders(deps)
  const finance = createFinance(deps)
  const subgraphs = [inventory, orders, finance]
  const log = { info: () => {}, warn: () => {} }
  const projections = subgraphs.flatMap((one) => one.projections)
  const projector = createProjector({
    ...{ projections, database, eventLog, invalidator: cacheFactory, log, pollMs: 20, leaseMs: 300 },
  })
  const deciders = subgraphs
    .flatMap(({ processes }) => processes ?? [])
    .filter(({ name }) => only === undefined || name === only)
    .map((process) => {
      const apply: Apply = async (transaction, events) => {
        const decided = await process.decide(transaction, events)
        if (decided.length > 0) await eventLog.append(transaction, decided)
        onMoment({ process: process.name, at: 'decided', types: events.map(({ type }) => type) })
      }
      const onApplied = (events: readonly { readonly type: string }[]) => {
        onMoment({ process: process.name, at: 'committed', types: events.map(({ type }) => type) })
        eventLog.wake()
      }
      const { name, types } = process
      return createConsumer({ name, types, database, eventLog, log, pollMs: 20, leaseMs: 300, apply, onApplied })
    })
  return {
    inventory,
    orders,
    finance,
    eventLog,
    projector,
    deciders,
    /** Begins to decide; read models are kept from the beginning. */
    start() {
      for (const decider of deciders) decider.start()
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(deciders.map((decider) => decider.stop()))
      await projector[Symbol.asyncDispose]()
      await cacheFactory[Symbol.asyncDispose]()
      eventLog[Symbol.dispose]()
    },
  }
}

const policy = { softTtlMs: 3_600_000, hardTtlMs: 7_200_000 }
const alwaysFresh: FreshnessBoard = {
  of: (system) => ({ system, syncedAt: new Date(), state: 'live', lastError: null, policy }),
  all: () => [],
}
