/**
 * What an answer of availability costs, against the least it could cost. `npm run bench:availability`
 *
 * One read model of 400 stores by 2,000 variants, and one of ten times the variants. Each round asks
 * batches of 20 items in turn: a plain Map, our resolver over warm caches, the same after one movement per batch, and a bare
 * `SELECT … = ANY` of the same rows. Rounds are interleaved, so that what the machine does otherwise meets all of them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assetPath } from '../platform/assets.ts'
import type { ReadThrough } from '../platform/cache/cache.ts'
import { createCacheFactory } from '../platform/cache/cache-factory.ts'
import type { SystemFreshness } from '../platform/connector/freshness.ts'
import { connectorMigrations } from '../platform/connector/migrations.ts'
import { eventLogMigrations } from '../platform/event-log/migrations.ts'
import type { Database } from '../platform/sql/database.ts'
import { startEmbeddedPostgres } from '../platform/sql/embedded.ts'
import { migrate } from '../platform/sql/migrate.ts'
import { openPostgres } from '../platform/sql/postgres.ts'
import { createCaches } from '../subgraphs/inventory/caches.ts'
import { createLoaders } from '../subgraphs/inventory/loaders.ts'
import { readPositionsOfVariants } from '../subgraphs/inventory/reads.ts'
import { resolveItems } from '../subgraphs/inventory/resolve-availability.ts'

const stores = 400
const itemsPerBatch = 20
const rounds = 7
const question = { channelId: 'web', method: 'SHIP' } as const

type Measured = { readonly name: string; readonly itemsPerSecond: number[]; readonly cpuMicros: number[] }

const bareSum = `SELECT variant_id, sum(greatest(0, sellable - committed))::bigint AS ats FROM inventory.positions
  WHERE variant_id = ANY($1) AND NOT withdrawn GROUP BY variant_id`

const folder = await mkdtemp(join(tmpdir(), 'storeloom-bench-'))
// Only reading is measured, so the filling need not be durable.
const server = await startEmbeddedPostgres({ folder, log: () => {}, settings: { fsync: 'off' } })
try {
  for (const variants of [2_000, 20_000]) {
    await server.ensureDatabase(`bench_${variants}`)
    await using database = openPostgres({
      url: server.url(`bench_${variants}`),
      poolSize: 4,
      statementTimeoutMs: 600_000,
    })
    await migrate(database, [
      eventLogMigrations(),
      connectorMigrations(),
      { owner: 'inventory', folder: assetPath('subgraphs/inventory/migrations') },
    ])
    await fill(database, variants)
    await measure(database, variants)
  }
} finally {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}

/** Two of the stores are centres, a tenth of the stores has no capability to ship; stock as a shop has it: mostly little. */
async function fill(database: Database, variants: number): Promise<void> {
  await database.query(
    `INSERT INTO inventory.channels (id, closed, name, kind, methods, version) VALUES ('web', false, 'Web', 'WEB', '{SHIP}', 1)`,
  )
  await database.query(
    `INSERT INTO inventory.locations (id, code, name, kind, time_zone, address, capabilities, active, refs, system, received_at, version)
     SELECT 'loc_' || n, 'S' || n, 'Store ' || n, CASE WHEN n <= 2 THEN 'DC' ELSE 'STORE' END, 'Europe/Berlin', '{}',
       CASE WHEN n % 10 = 0 THEN '{PICKUP}'::text[] ELSE '{SHIP,PICKUP}' END, true, '[]', 'wms', now(), 1
     FROM generate_series(1, ${stores}) n`,
  )
  await database.query(
    `INSERT INTO inventory.terms (id, kind, withdrawn, data, version)
     SELECT 'rule_' || n, 'safety-rule', false, jsonb_build_object('channelId', null, 'method', null, 'variantId', null, 'category', null,
       'locationId', 'loc_' || n, 'validFrom', null, 'validTo', null, 'units', 2, 'basisPoints', 0), 1
     FROM generate_series(3, ${stores}) n`,
  )
  await database.query(
    `INSERT INTO inventory.positions (variant_id, location_id, withdrawn, on_hand, sellable, damaged, quality_control, return_hold,
       manual_hold, committed, incoming, system, received_at, version)
     SELECT 'var_' || v, 'loc_' || n, false, q, q, 0, 0, 0, 0, q / 7, 0, 'wms', now(), 1
     FROM generate_series(0, ${variants - 1}) v, generate_series(1, ${stores}) n, LATERAL (SELECT (v * 31 + n * 17) % 9 AS q) stock`,
  )
  await database.query('VACUUM ANALYZE inventory.positions')
}

async function measure(database: Database, variants: number): Promise<void> {
  const heapBefore = heapMb()
  const factory = createCacheFactory({ maxEntries: variants + 10, loadTimeoutMs: 60_000 })
  const caches = createCaches(database, factory)
  const now = new Date()
  const system: SystemFreshness = {
    system: 'wms',
    syncedAt: now,
    state: 'live',
    lastError: null,
    policy: { softTtlMs: 3_600_000, hardTtlMs: 7_200_000 },
  }
  const freshness = { of: () => system, all: () => [system] }
  const contextOf = () => ({ now, freshness, load: createLoaders(caches) })
  const ids = Array.from({ length: variants }, (_, index) => `var_${index}`)
  const batches = Array.from({ length: Math.floor(Math.min(variants, 2_000) / itemsPerBatch) }, (_, index) =>
    Array.from({ length: itemsPerBatch }, (_, n) => ids[(index * 7919 + n * 104_729) % variants] ?? ''),
  )
  const hot = [...new Set(batches.flat())]
  // Everything the run asks for is in memory, as in a process that has served for a while.
  for (let from = 0; from < ids.length; from += 500)
    await caches.positionsOfVariant.getMany(ids.slice(from, from + 500))
  const heapPositions = heapMb() - heapBefore
  for (const batch of batches)
    await resolveItems(
      batch.map((variantId) => ({ variantId })),
      question,
      contextOf(),
    )
  const map = new Map<string, number>()
  for (const variantId of hot) {
    const [answer] = await resolveItems([{ variantId }], question, contextOf())
    map.set(variantId, answer?.ats ?? 0)
  }

  const shared = contextOf()
  const ways = [
    {
      name: 'plain Map (the limit)',
      repeat: 400,
      run: async (batch: readonly string[]) => {
        let sum = 0
        for (const id of batch) sum += map.get(id) ?? 0
        return sum
      },
    },
    {
      name: 'resolveItems, warm',
      repeat: 40,
      run: async (batch: readonly string[]) => {
        const answers = await resolveItems(
          batch.map((variantId) => ({ variantId })),
          question,
          shared,
        )
        return answers.reduce((sum, answer) => sum + (answer?.ats ?? 0), 0)
      },
    },
    {
      name: 'resolveItems, request of its own',
      repeat: 40,
      run: async (batch: readonly string[]) => {
        const answers = await resolveItems(
          batch.map((variantId) => ({ variantId })),
          question,
          { ...shared, load: createLoaders(caches) },
        )
        return answers.reduce((sum, answer) => sum + (answer?.ats ?? 0), 0)
      },
    },
    {
      name: 'resolveItems, one of 20 moved before',
      repeat: 1,
      run: async (batch: readonly string[]) => {
        drop(caches.positionsOfVariant, batch[0] ?? '')
        const answers = await resolveItems(
          batch.map((variantId) => ({ variantId })),
          question,
          { ...shared, load: createLoaders(caches) },
        )
        return answers.reduce((sum, answer) => sum + (answer?.ats ?? 0), 0)
      },
    },
    {
      name: 'bare SELECT … = ANY, summed in SQL',
      repeat: 1,
      run: async (batch: readonly string[]) => {
        const { rows } = await database.query<{ ats: bigint }>(bareSum, [batch])
        return rows.reduce((sum, row) => sum + Number(row.ats), 0)
      },
    },
    {
      name: 'bare SELECT … = ANY, rows',
      repeat: 1,
      run: async (batch: readonly string[]) => {
        const rows = await readPositionsOfVariants(database, batch)
        return rows.flat().reduce((sum, row) => sum + Math.max(0, row.sellable - row.committed), 0)
      },
    },
  ]
  function drop(cache: ReadThrough<string, unknown>, key: string): void {
    factory.invalidate([{ cache: cache.name, key }])
  }
  const results: readonly Measured[] = ways.map(({ name }) => ({ name, itemsPerSecond: [], cpuMicros: [] }))
  let check: number | null = null
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, way] of ways.entries()) {
      const measured = results[index]
      const some = way.repeat === 1 ? batches.slice(0, 25) : batches
      const [cpu, start] = [process.cpuUsage(), performance.now()]
      let sum = 0
      for (let time = 0; time < way.repeat; time += 1) for (const batch of some) sum += await way.run(batch)
      const [seconds, used] = [(performance.now() - start) / 1_000, process.cpuUsage(cpu)]
      const items = way.repeat * some.length * itemsPerBatch
      measured?.itemsPerSecond.push(items / seconds)
      measured?.cpuMicros.push((used.user + used.system) / items)
      if (way.name.startsWith('resolveItems, warm')) check = sum / way.repeat
      if (way.name.startsWith('plain') && check !== null && check !== sum / way.repeat)
        throw new Error('answers differ')
    }
  }
  console.log(`\n${stores} stores × ${variants} variants (${stores * variants} positions), batches of ${itemsPerBatch}`)
  console.log(
    `memory: ${heapPositions.toFixed(0)} MB for all positions, ${(heapMb() - heapBefore).toFixed(0)} MB with answers; rss ${(process.memoryUsage().rss / 1_048_576).toFixed(0)} MB`,
  )
  console.log('| way | items/s, median | CPU µs per item, median |\n|---|---|---|')
  for (const { name, itemsPerSecond, cpuMicros } of results) {
    console.log(
      `| ${name} | ${Math.round(median(itemsPerSecond)).toLocaleString('en')} | ${median(cpuMicros).toFixed(3)} |`,
    )
  }
  await factory[Symbol.asyncDispose]()
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

function heapMb(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1_048_576
}
