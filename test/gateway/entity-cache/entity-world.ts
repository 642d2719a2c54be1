import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createEntityStore, type EntityStore } from '../../../gateway/entity-cache/entity-store.ts'
import { assetPath } from '../../../platform/assets.ts'
import { createCacheFactory } from '../../../platform/cache/cache-factory.ts'
import { connectorMigrations } from '../../../platform/connector/migrations.ts'
import { createCursorCodec } from '../../../platform/cursor.ts'
import { createAppliedEvents } from '../../../platform/event-log/applied-events.ts'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import { createFollower } from '../../../platform/event-log/follower.ts'
import { eventLogMigrations } from '../../../platform/event-log/migrations.ts'
import { createPostgresEventLog } from '../../../platform/event-log/postgres.ts'
import { createProjector } from '../../../platform/event-log/project.ts'
import type { WakeBus } from '../../../platform/event-log/wake-bus.ts'
import { idempotencyMigrations } from '../../../platform/idempotency/migrations.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { plainViewerCodec } from '../../../platform/identity/viewer-header.ts'
import { type HostableSubgraph, hostSubgraph } from '../../../platform/subgraph/host.ts'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import type { SubgraphTransport } from '../../../platform/subgraph/transport.ts'
import { policies } from '../../../policies/index.ts'
import { readSubgraphSdl } from '../../../schema/load.ts'
import { createInventory } from '../../../subgraphs/inventory/index.ts'
import { createProducts } from '../../../subgraphs/products/index.ts'
import { readable } from '../../support/event-log.ts'
import { eventOf } from '../../support/event-of.ts'
import { governed } from '../../support/governed-gateway.ts'
import { reserveTestDatabase } from '../../support/postgres.ts'
import { silentLog } from '../../support/projection.ts'
import { composeRetail } from '../../support/retail-subgraphs.ts'
import { type Asked, post, startGateway } from '../../support/start-gateway.ts'
import { anonymous, partner, service, shopper, staff } from '../../support/viewers.ts'

/** Real products and inventory behind a real gateway; `shelf` names entities, so that they are looked up. */
export type EntityProcess = AsyncDisposable & {
  readonly store: EntityStore
  /** Which subgraphs were called since the last time this was asked. */
  calls(): readonly string[]
  ask(query: string, how?: { readonly as?: keyof typeof viewers; readonly version?: string }): Promise<Asked['body']>
  /** Calls to products are answered, but the answers do not arrive before the test lets them. */
  hold(): { readonly isHolding: () => boolean; letGo(): void }
}

export type EntityWorld = AsyncDisposable & {
  readonly database: ReturnType<Awaited<ReturnType<typeof reserveTestDatabase>>['open']>
  open(options?: ProcessOptions): Promise<EntityProcess>
  append(type: string, id: string, data: JsonObject): Promise<void>
  /** Appends and waits until the read models show it. */
  apply(type: string, id: string, data: JsonObject): Promise<void>
  rebuild(name: string): Promise<void>
}

export type ProcessOptions = {
  readonly appliedBus?: WakeBus
  readonly pollMs?: number
  /** Subgraphs whose entities may be kept. */
  readonly keeps?: readonly string[]
  readonly maxEntries?: number
  /** Changes the SDL of products. */
  readonly sdl?: (products: string) => string
}

const viewers: Readonly<Record<string, Viewer>> = {
  anonymous,
  shopper: shopper(),
  partner: partner(),
  staff: staff(['service-desk']),
  otherStaff: staff(['finance']),
  service,
}

const composed = new Map<string, string>()
const compose = (subgraphs: readonly HostableSubgraph[]): string => {
  const key = subgraphs.map(({ typeDefs }) => typeDefs).join()
  const sdl = composed.get(key) ?? composeRetail({}, subgraphs)
  composed.set(key, sdl)
  return sdl
}

const named = (id: string) => ({ id })
const shelf: HostableSubgraph = {
  name: 'shelf',
  typeDefs: /* GraphQL */ `
    ${readFileSync(assetPath('schema/shared.graphql'), 'utf8')}
    type Query { shelf(variants: [ID!] = [], products: [ID!] = [], locations: [ID!] = []): Shelf @public }
    type Mutation { restock(variants: [ID!]!): Shelf @public }
    type Shelf { variants: [Variant]! products: [Product]! locations: [Location]! }
    type Variant @key(fields: "id", resolvable: false) { id: ID! }
    type Product @key(fields: "id", resolvable: false) { id: ID! }
    type Location @key(fields: "id", resolvable: false) { id: ID! }
  `,
  resolvers: {
    Query: {
      shelf: (_: unknown, { variants, products, locations }: Record<string, string[]>) => ({
        variants: variants?.map(named),
        products: products?.map(named),
        locations: locations?.map(named),
      }),
    },
    Mutation: { restock: (_: unknown, { variants }: { variants: string[] }) => ({ variants: variants.map(named) }) },
  },
  createContext: (call) => call,
}

export async function openEntityWorld(keeperBus?: WakeBus): Promise<EntityWorld> {
  const test = await reserveTestDatabase()
  const freshness = { of: () => null, all: () => [] }
  const cursors = createCursorCodec({ secret: 'a secret of tests with 32 letters or more' })
  const createParts = () => {
    const database = test.open()
    const cacheFactory = createCacheFactory({ maxEntries: 1_000 })
    const eventLog = createPostgresEventLog({ database })
    const deps = { database, cacheFactory, freshness, cursors, eventLog }
    const subgraphs = [createProducts(deps), createInventory(deps)]
    const projections = subgraphs.flatMap((subgraph) => subgraph.projections)
    return { database, cacheFactory, eventLog, subgraphs, projections }
  }
  const keeper = createParts()
  await test.create([
    eventLogMigrations(),
    connectorMigrations(),
    idempotencyMigrations(),
    ...keeper.subgraphs.map(({ name, migrations }) => ({ owner: name, folder: migrations })),
  ])
  // Keeps the read models and serves nobody, as the first of several processes does.
  const projector = createProjector({
    ...keeper,
    invalidator: keeper.cacheFactory,
    log: silentLog,
    ...(keeperBus === undefined ? {} : { appliedBus: keeperBus }),
  })
  projector.start()
  const processes: EntityProcess[] = []
  const followers: ReturnType<typeof createFollower>[] = []

  const append: EntityWorld['append'] = async (type, id, data) => {
    const event = eventOf(id, { type, source: `/tenants/test/${type}/${id}`, data: { origin, ...data } })
    await test.database.transaction((transaction) => keeper.eventLog.append(transaction, [event]))
    keeper.eventLog.wake()
  }

  return {
    database: test.database,
    append,
    async apply(type, id, data) {
      await append(type, id, data)
      await readable(test.database)
      await projector.caughtUp(await keeper.eventLog.head(), AbortSignal.timeout(20_000))
      await Promise.all(followers.map((follower) => follower.refresh()))
    },
    async rebuild(name) {
      await projector.rebuild(name)
      await projector.caughtUp(await keeper.eventLog.head(), AbortSignal.timeout(20_000))
      await Promise.all(followers.map((follower) => follower.refresh()))
    },
    async open({ appliedBus, pollMs = 600_000, keeps = ['products', 'inventory'], maxEntries = 100, sdl } = {}) {
      const parts = createParts()
      const applied = createAppliedEvents()
      const bus = appliedBus === undefined ? {} : { appliedBus }
      const follower = createFollower({
        ...parts,
        invalidator: parts.cacheFactory,
        applied,
        log: silentLog,
        pollMs,
        ...bus,
      })
      await follower.start()
      followers.push(follower)
      const called: string[] = []
      let held: { readonly until: Promise<void>; holding: boolean } | undefined
      const transportOf = (subgraph: HostableSubgraph): SubgraphTransport => {
        const host = hostSubgraph(subgraph, { viewerCodec: plainViewerCodec, onInternal: () => {} })
        const transport = createInProcessTransport(host, { timeoutMs: 20_000 })
        return {
          ...transport,
          async call(request) {
            called.push(subgraph.name)
            const answer = await transport.call(request)
            if (held === undefined || subgraph.name !== 'products') return answer
            held.holding = true
            await held.until
            return answer
          },
        }
      }
      const change = sdl ?? ((text: string) => text)
      const subgraphs = [...parts.subgraphs, shelf].map((subgraph) =>
        subgraph.name === 'products' ? { ...subgraph, typeDefs: change(readSubgraphSdl('products')) } : subgraph,
      )
      const store = createEntityStore({ maxEntries, maxBytes: 1_000_000 })
      const appliedBy = new Map(
        parts.subgraphs
          .filter(({ name }) => keeps.includes(name))
          .map(({ name, projections }) => [name, new Set(projections.flatMap(({ types }) => types))]),
      )
      const { staleServed } = parts.cacheFactory
      const { versions } = governed()
      const started = await startGateway({
        supergraphSdl: compose(subgraphs),
        transports: new Map(subgraphs.map((subgraph) => [subgraph.name, transportOf(subgraph)])),
        identify: ({ headers }) => viewers[headers['x-as'] ?? ''] ?? anonymous,
        policies,
        governance: versions === undefined ? {} : { versions },
        entityCache: { store, applied, appliedBy, staleServed },
      })
      const one: EntityProcess = {
        store,
        calls: () => called.splice(0),
        async ask(query, { as = 'anonymous', version = '2026-10' } = {}) {
          const body = JSON.stringify({ query, extensions: { entityCache: true } })
          const headers = { 'x-as': String(as), 'api-version': version, 'x-correlation-id': randomUUID() }
          return (await post(started.url, body, headers)).body
        },
        hold() {
          let letGo = () => {}
          const now = { until: new Promise<void>((resolve) => (letGo = resolve)), holding: false }
          held = now
          return {
            isHolding: () => now.holding,
            letGo() {
              held = undefined
              letGo()
            },
          }
        },
        async [Symbol.asyncDispose]() {
          await started[Symbol.asyncDispose]()
          await follower.stop()
        },
      }
      processes.push(one)
      return one
    },
    async [Symbol.asyncDispose]() {
      for (const one of processes) await one[Symbol.asyncDispose]()
      await projector.stop()
      await test[Symbol.asyncDispose]()
    },
  }
}

const origin = { system: 'erp', occurredAt: null, receivedAt: '2026-10-01T00:00:00.000Z' }

export const variantData = (id: string, changes: JsonObject = {}): JsonObject => ({
  variantId: id,
  productId: 'p1',
  sku: `SKU-${id}`,
  gtin: null,
  title: `Title of ${id}`,
  options: [{ name: 'colour', value: 'red' }],
  baseUom: 'EACH',
  lifecycle: 'ACTIVE',
  backorderable: false,
  media: [],
  refs: [],
  former: null,
  ...changes,
})

export const productData = (id: string, changes: JsonObject = {}): JsonObject => ({
  productId: id,
  title: `Product ${id}`,
  description: null,
  brand: 'Dune',
  categoryPath: ['home'],
  refs: [],
  ...changes,
})

export const locationData = (id: string, changes: JsonObject = {}): JsonObject => ({
  locationId: id,
  code: id,
  gln: null,
  name: `Store ${id}`,
  kind: 'STORE',
  timeZone: 'Europe/Paris',
  address: { name: null, line1: null, line2: null, city: 'Paris', region: null, postalCode: null, country: 'FR' },
  capabilities: ['SHIP'],
  active: true,
  refs: [],
  ...changes,
})

export const channelData = (id: string): JsonObject => ({
  channelId: id,
  name: id,
  kind: 'WEB',
  locationKinds: null,
  locationCodes: null,
  methods: ['SHIP'],
})
