/**
 * What governance costs one request: the same known operation through two gateways in turn, one with nothing but
 * identification, parsing and execution, one with versions, usage, limits, cost, rate limit and lanes as well.
 *
 *   npm run bench:governance                 REDIS_URL set: once more with the limits in Redis
 *   npm run bench:governance -- 10           rounds of each, for a short look; 40 without
 */

import { Redis } from 'ioredis'
import type { GovernanceOptions } from '../gateway/governance.ts'
import { createGateway, type Gateway } from '../gateway/index.ts'
import { createLanes } from '../gateway/lanes/lanes.ts'
import { parsePlans } from '../gateway/plans/plans.ts'
import { createLeasingRateLimiter } from '../gateway/rate-limit/leasing.ts'
import { createMemoryRateLimiter } from '../gateway/rate-limit/memory.ts'
import type { RateLimiter } from '../gateway/rate-limit/rate-limiter.ts'
import { createRedisRateLimiter } from '../gateway/rate-limit/redis.ts'
import { createResilientRateLimiter } from '../gateway/rate-limit/resilient.ts'
import { resultText } from '../gateway/result-text.ts'
import { createUsageRecorder } from '../gateway/usage/usage-recorder.ts'
import { createVersionCalendar } from '../gateway/versions/calendar.ts'
import { systemClock } from '../platform/clock.ts'
import type { Viewer } from '../platform/identity/viewer.ts'
import { composeSubgraphs } from '../schema/compose.ts'
import { readSubgraphSdls } from '../schema/load.ts'

const roundsOfEach = Number(process.argv[2] ?? 40)
const requestsPerRound = 1_000
/** Requests under way at once, one run each. */
const concurrencies = [10, 1]

const query = `query Availability($channel: ID!, $skus: [String!]!) {
  variantsBySku(skus: $skus) { sku title availability(channelId: $channel) { ats status provenance { staleness ageMs } } }
}`
const skus = Array.from({ length: 5 }, (_, index) => `SKU-${index}`)
const variables = { channel: 'web', skus }
const viewer: Viewer = { kind: 'anonymous', tenant: 'bench', clientId: 'storefront', scopes: [] }

const variants = JSON.stringify(
  skus.map((sku) => ({ __typename: 'Variant', id: `v-${sku}`, sku, title: `Title of ${sku}` })),
)
const availability = JSON.stringify(
  skus.map(() => ({
    __typename: 'Variant',
    availability: { ats: 5, status: 'IN_STOCK', provenance: { staleness: 'FRESH', ageMs: 12 } },
  })),
)

async function open(governance?: GovernanceOptions): Promise<Gateway> {
  const { supergraphSdl } = composeSubgraphs(readSubgraphSdls())
  if (supergraphSdl === null) throw new TypeError('Cannot compose the subgraphs')
  return createGateway({
    supergraphSdl,
    transports: new Map(
      readSubgraphSdls().map(({ name }) => [
        name,
        {
          name,
          call: async () =>
            name === 'products'
              ? { data: { variantsBySku: JSON.parse(variants) } }
              : { data: { _entities: JSON.parse(availability) } },
          async [Symbol.asyncDispose]() {},
        },
      ]),
    ),
    identify: () => viewer,
    anonymous: viewer,
    subgraphHeaders: () => ({}),
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
    ...(governance === undefined ? {} : { governance }),
    onInternal: (error) => {
      throw error
    },
  })
}

function everything(limiter: RateLimiter): { readonly governance: GovernanceOptions; readonly usage: AsyncDisposable } {
  const bucket = { maximum: 10_000_000, restoreRate: 1_000_000 }
  const plan = { maxCost: 2_000, perAddress: true, buckets: { P0: bucket, P1: bucket, P2: bucket, P3: bucket } }
  const usage = createUsageRecorder({
    store: { add: async () => {}, read: async () => [] },
    clock: systemClock,
    onFailure() {},
  })
  return {
    usage,
    governance: {
      mayIntrospect: () => false,
      versions: {
        calendar: createVersionCalendar(['2026-07', '2026-10'], { '2026-07': '2027-10-01T17:00:00Z' }),
        clock: systemClock,
        documentationUrl: '/versions',
        usage,
      },
      plans: parsePlans(
        JSON.stringify({
          plans: { usual: plan },
          kinds: { anonymous: 'usual', shopper: 'usual', staff: 'usual', partner: 'usual', service: 'usual' },
        }),
      ),
      limiter,
      lanes: createLanes(64),
    },
  }
}

/** @returns CPU-µs of one request, its answer written as JSON as HTTP would */
async function round(gateway: Gateway, concurrency: number): Promise<number> {
  const before = process.cpuUsage()
  const client = async () => {
    for (let count = 0; count < requestsPerRound / concurrency; count++) await request(gateway)
  }
  await Promise.all(Array.from({ length: concurrency }, client))
  const { user, system } = process.cpuUsage(before)
  return (user + system) / requestsPerRound
}

async function request(gateway: Gateway): Promise<void> {
  const { result } = await gateway.handle({
    query,
    operationName: undefined,
    variables,
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

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const redis = process.env.REDIS_URL ? new Redis(process.env.REDIS_URL, { enableAutoPipelining: true }) : null
const local = createMemoryRateLimiter({ clock: systemClock })
const shared =
  redis &&
  createResilientRateLimiter({
    shared: createLeasingRateLimiter({ shared: createRedisRateLimiter({ redis }), clock: systemClock }),
    local,
    clock: systemClock,
  })

/** Times Redis was asked for points so far. */
async function asked(): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec((await redis?.info('commandstats')) ?? '')?.[1] ?? 0)
}

const plain = await open()
for (const [name, limiter] of [
  ['in memory', local],
  ['in Redis', shared],
] as const) {
  if (limiter === null) continue
  const { governance, usage } = everything(limiter)
  const governed = await open(governance)
  for (const concurrency of concurrencies) {
    for (let warm = 0; warm < 5; warm++) for (const gateway of [plain, governed]) await round(gateway, concurrency)
    const pairs: { readonly without: number; readonly governed: number }[] = []
    const askedBefore = await asked()
    for (let count = 0; count < roundsOfEach; count++) {
      pairs.push({ without: await round(plain, concurrency), governed: await round(governed, concurrency) })
    }
    const perRequest = ((await asked()) - askedBefore) / (roundsOfEach * requestsPerRound)
    const told = [
      `${concurrency} at a time, without governance: ${median(pairs.map((pair) => pair.without)).toFixed(1)} CPU-µs a request`,
      `with it: ${median(pairs.map((pair) => pair.governed)).toFixed(1)}`,
      `governance, limits ${name}: ${median(pairs.map((pair) => pair.governed - pair.without)).toFixed(1)} (median of ${roundsOfEach} pairs of ${requestsPerRound})`,
      ...(limiter === shared ? [`Redis asked ${perRequest.toFixed(3)} times a request`] : []),
    ]
    process.stdout.write(`${told.join(', ')}\n`)
  }
  await governed[Symbol.asyncDispose]()
  await usage[Symbol.asyncDispose]()
}
await plain[Symbol.asyncDispose]()
redis?.disconnect()
