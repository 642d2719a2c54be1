import { isIP } from 'node:net'
import { choice, flag, list, optionalSecret, optionalUrl, text, type Variable, wholeNumber } from './env-variable.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const http = ['http', 'https']

/**
 * Every setting there is: add a line here, and a paragraph to `.env.example` (a test compares both ways).
 * The name on the left is where the value appears in `Config`.
 */
// biome-ignore format: one line per setting keeps the table readable
export const settings = {
  process: {
    environment: choice('NODE_ENV', 'development', ['production', 'development', 'test'], 'Production refuses conveniences that are only safe on your own machine.'),
    drainTimeoutMs: wholeNumber('STORELOOM_DRAIN_TIMEOUT_MS', 10_000, [0, 10 * minuteMs], 'How long requests under way may go on after SIGTERM, in milliseconds.'),
  },
  server: {
    host: text('HOST', '127.0.0.1', 'Address to listen on; 0.0.0.0 for every network.'),
    port: wholeNumber('PORT', 4000, [0, 65_535], 'Port to listen on; 0 takes a free one.'),
    bodyLimitBytes: wholeNumber('STORELOOM_BODY_LIMIT_BYTES', 131_072, [1_024, 16_777_216], 'Largest request body.'),
    responseLimitBytes: wholeNumber('STORELOOM_RESPONSE_LIMIT_BYTES', 2_097_152, [1_024, 268_435_456], 'Largest answer.'),
    compressFromBytes: wholeNumber('STORELOOM_COMPRESS_FROM_BYTES', 2_048, [0, 268_435_456], 'Shortest answer sent as gzip to a client that accepts it; 0 where a proxy in front does so.'),
    requestDeadlineMs: wholeNumber('STORELOOM_REQUEST_DEADLINE_MS', 10_000, [100, 10 * minuteMs], 'Longest a request may take.'),
    subgraphDeadlineMs: wholeNumber('STORELOOM_SUBGRAPH_DEADLINE_MS', 3_000, [50, 10 * minuteMs], 'Longest one call to a subgraph may take; then its fields are null and the rest is answered.'),
    headersTimeoutMs: wholeNumber('STORELOOM_HEADERS_TIMEOUT_MS', 10_000, [100, 10 * minuteMs], 'Longest a client may take to send its headers.'),
    bodyTimeoutMs: wholeNumber('STORELOOM_BODY_TIMEOUT_MS', 15_000, [100, 10 * minuteMs], 'Longest a client may take to send its body.'),
  },
  governance: {
    plansFile: text('STORELOOM_PLANS_FILE', '', 'Plans of clients, followed while running. Absent: the one that comes along, policies/plans.json.'),
    operationsFile: text('STORELOOM_OPERATIONS_FILE', '', 'Manifest of persisted operations, as Apollo writes it. Absent: none are registered.'),
    corsOrigins: list('STORELOOM_CORS_ORIGINS', 'a list of origins such as https://shop.example, or *', isOrigin, 'Origins whose pages may ask. Absent: pages served from here alone.'),
    trustedProxies: list('STORELOOM_TRUSTED_PROXIES', 'a list of addresses or networks such as 10.0.0.0/8', isNetwork, 'Proxies whose X-Forwarded headers are believed for client addresses and HTTPS. Absent: none.'),
    documentationUrl: text('STORELOOM_DOCUMENTATION_URL', '/versions', 'Where a client that uses something deprecated is sent by the Link header.'),
  },
  identity: {
    file: text('STORELOOM_IDENTITY_FILE', '', 'Issuers whose tokens are believed, and public clients. Absent: tokens of this installation alone.'),
    internalSecret: optionalSecret('STORELOOM_INTERNAL_SECRET', 32, 'Signs who asks between gateway and subgraphs, and tokens issued here; the same in every process. Absent: generated once and kept in the data folder.'),
  },
  database: {
    url: optionalUrl('DATABASE_URL', ['postgres', 'postgresql'], 'The PostgreSQL to keep everything in. Absent: an embedded server keeps it in the data folder.'),
    dataDir: text('STORELOOM_DATA_DIR', '.storeloom', 'Folder of the embedded server and of generated secrets.'),
    poolSize: wholeNumber('STORELOOM_POOL_SIZE', 10, [1, 500], 'Most connections to the database at once, per process.'),
    connectTimeoutMs: wholeNumber('STORELOOM_CONNECT_TIMEOUT_MS', 5_000, [50, 10 * minuteMs], 'Longest wait for a free connection.'),
    statementTimeoutMs: wholeNumber('STORELOOM_STATEMENT_TIMEOUT_MS', 5_000, [50, hourMs], 'Longest a statement may run.'),
  },
  redis: {
    url: optionalUrl('REDIS_URL', ['redis', 'rediss'], 'A Redis shared by several processes: second cache tier, bus and limits. Absent: each process serves itself.'),
    commandTimeoutMs: wholeNumber('STORELOOM_REDIS_TIMEOUT_MS', 50, [1, minuteMs], 'Longest wait for Redis before going on without it.'),
  },
  cache: {
    maxEntries: wholeNumber('STORELOOM_CACHE_MAX_ENTRIES', 50_000, [1, 10_000_000], 'Most entries each read model keeps in memory.'),
    stalenessBoundMs: wholeNumber('STORELOOM_CACHE_STALENESS_BOUND_MS', 2_000, [100, minuteMs], 'Latest moment at which a change made by another process is seen here, even when every wake-up is lost.'),
  },
  entityCache: {
    maxEntries: wholeNumber('STORELOOM_ENTITY_CACHE_MAX_ENTRIES', 20_000, [0, 10_000_000], 'Most entities of which the gateway keeps public answers until an event says they changed; 0 keeps none.'),
    maxBytes: wholeNumber('STORELOOM_ENTITY_CACHE_MAX_BYTES', 67_108_864, [65_536, 17_179_869_184], 'Most memory they take, estimated.'),
  },
  freshness: {
    softTtlMs: wholeNumber('STORELOOM_FRESH_FOR_MS', minuteMs, [1_000, 30 * dayMs], 'Age of a system of record up to which its data counts as FRESH.'),
    hardTtlMs: wholeNumber('STORELOOM_STALE_FOR_MS', 15 * minuteMs, [1_000, 30 * dayMs], 'Age up to which it counts as STALE; beyond it is DEGRADED.'),
  },
  estate: {
    name: text('STORELOOM_ESTATE', 'demo', 'Which systems of record there are: demo, northwind, or the path of an estate file.'),
    tenant: text('STORELOOM_TENANT', 'demo', 'The retailer whose data this is.'),
  },
  demo: {
    scale: choice('STORELOOM_DEMO_SCALE', 'demo', ['demo', 'full'], 'Size of the generated retailer: 40 stores and 20,000 orders, or 400 stores and 100,000 orders.'),
    seed: wholeNumber('STORELOOM_DEMO_SEED', 1, [0, 4_294_967_295], 'The same seed generates the same retailer.'),
    ordersPerMinute: wholeNumber('STORELOOM_DEMO_RATE', 30, [0, 60_000], 'Orders per minute that the simulated trade adds; 0 stops it.'),
  },
  subgraphUrls: {
    inventory: optionalUrl('STORELOOM_SUBGRAPH_INVENTORY_URL', http, 'Where the inventory subgraph runs when it is a process of its own. Absent: in this process.'),
    orders: optionalUrl('STORELOOM_SUBGRAPH_ORDERS_URL', http, 'The same for the orders subgraph.'),
    products: optionalUrl('STORELOOM_SUBGRAPH_PRODUCTS_URL', http, 'The same for the products subgraph.'),
    customers: optionalUrl('STORELOOM_SUBGRAPH_CUSTOMERS_URL', http, 'The same for the customers subgraph.'),
    finance: optionalUrl('STORELOOM_SUBGRAPH_FINANCE_URL', http, 'The same for the finance subgraph.'),
  },
  push: {
    mostConnections: wholeNumber('STORELOOM_PUSH_CONNECTIONS', 20_000, [1, 1_000_000], 'Most open subscription connections per process, whatever the transport.'),
    mostStreamsPerSocket: wholeNumber('STORELOOM_PUSH_STREAMS_PER_SOCKET', 50, [1, 10_000], 'Most subscriptions on one WebSocket.'),
    mostPerClient: wholeNumber('STORELOOM_PUSH_STREAMS_PER_CLIENT', 20_000, [1, 1_000_000], 'Most subscriptions of one client per process.'),
    retentionMs: wholeNumber('STORELOOM_PUSH_RETENTION_MS', 7 * dayMs, [minuteMs, 365 * dayMs], 'How old a place in a stream may be to go on from; from an older one the client is told of a gap.'),
    cursorSecrets: text('STORELOOM_PUSH_OLD_CURSOR_SECRETS', '', 'Former values of STORELOOM_CURSOR_SECRET, with commas between, whose places in streams still hold.'),
  },
  webhooks: {
    allowPrivate: flag('STORELOOM_WEBHOOK_ALLOW_PRIVATE', false, 'Whether webhooks may be delivered by plain http and to private addresses, for development; never true in production.'),
    key: optionalSecret('STORELOOM_WEBHOOK_KEY', 32, 'Seals the secrets of webhooks; the same in every process. Absent: generated once and kept in the data folder.'),
  },
  cursor: {
    secret: optionalSecret('STORELOOM_CURSOR_SECRET', 32, 'Signs page cursors; the same in every process. Absent: generated once and kept in the data folder.'),
  },
  log: {
    level: choice('LOG_LEVEL', 'info', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'Least severity that is logged.'),
    format: choice('LOG_FORMAT', 'auto', ['auto', 'json', 'text'], 'One JSON object per line for machines, or a line of text for people. auto: json in production, else text.'),
  },
} as const

function isOrigin(entry: string): boolean {
  return entry === '*' || (URL.canParse(entry) && new URL(entry).origin === entry)
}

function isNetwork(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/')
  if (rest.length > 0 || isIP(address) === 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (isIP(address) === 4 ? 32 : 128))
}

/** Every variable, in the order of `.env.example`. */
export const settingVariables: readonly Variable<unknown>[] = Object.values(settings).flatMap((section) =>
  Object.values<Variable<unknown>>(section),
)
