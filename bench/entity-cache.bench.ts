/**
 * What keeping entities in the gateway saves, or costs, where the subgraph is in the same process and its read models' caches are
 * warm: twenty lines of a cart, each with its variant, through two gateways in turn. `npm run bench:entity-cache`
 */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EntityCacheOptions } from '../gateway/entity-cache/entity-cache.ts'
import { createEntityStore } from '../gateway/entity-cache/entity-store.ts'
import { createGateway, type Gateway } from '../gateway/index.ts'
import { resultText } from '../gateway/result-text.ts'
import { createSubgraphHeaders } from '../gateway/viewer-context.ts'
import { assetPath } from '../platform/assets.ts'
import { createCacheFactory } from '../platform/cache/cache-factory.ts'
import { systemClock } from '../platform/clock.ts'
import { createCursorCodec } from '../platform/cursor.ts'
import { createAppliedEvents } from '../platform/event-log/applied-events.ts'
import { createSignedViewerCodec } from '../platform/identity/signed-viewer-codec.ts'
import type { Viewer } from '../platform/identity/viewer.ts'
import type { Database } from '../platform/sql/database.ts'
import { startEmbeddedPostgres } from '../platform/sql/embedded.ts'
import { migrate } from '../platform/sql/migrate.ts'
import { openPostgres } from '../platform/sql/postgres.ts'
import { type HostableSubgraph, hostSubgraph } from '../platform/subgraph/host.ts'
import { createInProcessTransport } from '../platform/subgraph/in-process.ts'
import { policies } from '../policies/index.ts'
import { composeSubgraphs } from '../schema/compose.ts'
import { createProducts } from '../subgraphs/products/index.ts'

const rounds = 15
const requestsPerRound = 300
const lines = 20
const secret = 'a secret of benchmarks, 32 letters or more'
const viewer: Viewer = { kind: 'anonymous', tenant: 'bench', clientId: 'storefront', scopes: [] }
const query = '{ cart { lines { quantity variant { sku title lifecycle options { name value } } } } }'
const ids = Array.from({ length: lines }, (_, index) => `var_${index}`)

const cart: HostableSubgraph = {
  name: 'cart',
  typeDefs: `${readFileSync(assetPath('schema/shared.graphql'), 'utf8')}
    type Query { cart: Cart @public }
    type Cart { lines: [Line!]! }
    type Line { quantity: Int! variant: Variant }
    type Variant @key(fields: "id", resolvable: false) { id: ID! }`,
  resolvers: { Query: { cart: () => ({ lines: ids.map((id) => ({ quantity: 1, variant: { id } })) }) } },
  createContext: (call) => call,
}

const fillText = `INSERT INTO products.variants
    (id, product_id, sku, title, options, base_uom, lifecycle, backorderable, media, refs, system, received_at, version)
  SELECT 'var_' || n, 'prd_' || n, 'SKU-' || n, 'Title of ' || n, '[{"name": "colour", "value": "red"}]', 'EACH', 'ACTIVE', false,
    '[]', '[]', 'erp', now(), 1
  FROM generate_series(0, $1::int - 1) AS n`

const folder = await mkdtemp(join(tmpdir(), 'storeloom-bench-'))
const server = await startEmbeddedPostgres({ folder, log: () => {}, settings: { fsync: 'off' } })
try {
  await server.ensureDatabase('bench')
  await using database = openPostgres({ url: server.url('bench'), poolSize: 2 })
  await migrate(database, [{ owner: 'products', folder: assetPath('subgraphs/products/migrations') }])
  await database.query(fillText, [lines])
  await measure(database)
} finally {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}

async function measure(database: Database): Promise<void> {
  const products = createProducts({
    database,
    cacheFactory: createCacheFactory({ maxEntries: 1_000 }),
    freshness: { of: () => null, all: () => [] },
    cursors: createCursorCodec({ secret }),
  })
  const store = createEntityStore({ maxEntries: 1_000, maxBytes: 10_000_000 })
  const types = new Set(products.projections.flatMap((projection) => projection.types))
  const plain = await open(products)
  const keeping = await open(products, {
    store,
    applied: createAppliedEvents(),
    appliedBy: new Map([['products', types]]),
    staleServed: () => 0,
  })
  for (const missing of [0, 1, lines / 2, lines]) {
    const forget = () => {
      for (const id of ids.slice(0, missing)) store.drop(`products.Variant:${id}`)
    }
    const pairs: { readonly without: number; readonly kept: number }[] = []
    for (let count = -2; count < rounds; count++) {
      const pair = { without: await round(plain, forget), kept: await round(keeping, forget) }
      if (count >= 0) pairs.push(pair)
    }
    const [without, kept] = [median(pairs.map((pair) => pair.without)), median(pairs.map((pair) => pair.kept))]
    const ratio = median(pairs.map((pair) => pair.without / pair.kept))
    process.stdout.write(
      `${lines - missing} of ${lines} kept: ${kept.toFixed(0)} CPU-µs a request, without keeping ${without.toFixed(0)}, ` +
        `${ratio.toFixed(2)} times (median of ${rounds} pairs of ${requestsPerRound})\n`,
    )
  }
  await plain[Symbol.asyncDispose]()
  await keeping[Symbol.asyncDispose]()
}

async function open(products: HostableSubgraph, entityCache?: EntityCacheOptions): Promise<Gateway> {
  const viewerCodec = createSignedViewerCodec({ secret, clock: systemClock })
  const subgraphs = [products, cart]
  const { supergraphSdl, errors } = composeSubgraphs(
    subgraphs.map(({ name, typeDefs }) => ({ name, typeDefs, url: `http://127.0.0.1:1/${name}` })),
  )
  if (supergraphSdl === null) throw new TypeError(errors.join('; '))
  const onInternal = (error: unknown) => {
    throw error
  }
  return createGateway({
    supergraphSdl,
    transports: new Map(
      subgraphs.map((subgraph) => [
        subgraph.name,
        createInProcessTransport(hostSubgraph(subgraph, { viewerCodec, onInternal }), { timeoutMs: 3_000 }),
      ]),
    ),
    identify: () => viewer,
    anonymous: viewer,
    policies,
    subgraphHeaders: createSubgraphHeaders(viewerCodec),
    ...(entityCache === undefined ? {} : { entityCache }),
    foreignErrors: 'mask',
    limits: {
      bodyLimitBytes: 131_072,
      headersTimeoutMs: 10_000,
      bodyTimeoutMs: 15_000,
      responseLimitBytes: 2_097_152,
      compressFromBytes: 2_048,
      requestDeadlineMs: 10_000,
      drainTimeoutMs: 1_000,
    },
    paths: ['/graphql'],
    examples: [],
    readiness: [],
    onInternal,
  })
}

/** @returns CPU-µs of one request, its answer written as HTTP would */
async function round(gateway: Gateway, before: () => void): Promise<number> {
  const start = process.cpuUsage()
  for (let count = 0; count < requestsPerRound; count++) {
    before()
    const { result } = await gateway.handle({
      query,
      operationName: undefined,
      variables: undefined,
      extensions: undefined,
      mayMutate: true,
      path: '/graphql',
      version: undefined,
      address: '192.0.2.1',
      headers: {},
      signal: new AbortController().signal,
    })
    if (result.errors !== undefined) throw new TypeError(`Cannot measure: ${result.errors[0]?.message}`)
    resultText(result)
  }
  const { user, system } = process.cpuUsage(start)
  return (user + system) / requestsPerRound
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}
