/**
 * Upkeep: what the built product and its own PostgreSQL use while nobody asks anything, first while the demo retailer does not
 * trade, then while it does: CPU time a second and for each change, statements, batches applied, and how soon an event is in the read
 * models. The trade is made by this process, so that its cost is not in the figures. Linux only: CPU is read from /proc.
 *
 *   npm run bench:upkeep              30 orders a minute, 30 seconds each
 *   npm run bench:upkeep -- 60 40     so many orders a minute, so many seconds each
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { demoUrls } from '../estates/demo/seed.ts'
import { startSimulator } from '../estates/demo/simulate.ts'
import { systemClock } from '../platform/clock.ts'
import { startEmbeddedPostgres } from '../platform/sql/embedded.ts'
import { openPostgres } from '../platform/sql/postgres.ts'
import { writeOpenPlans } from './journeys/open-plans.ts'
import { type Product, startProduct } from './journeys/product.ts'
import { cpuMsOf } from './process-cpu.ts'
import { difference, type MetricValues, readMetrics } from './upkeep/metrics.ts'

const [, , ordersGiven, secondsGiven] = process.argv
const ordersPerMinute = Number(ordersGiven ?? 30)
const seconds = Number(secondsGiven ?? 30)
const readyTimeoutMs = 300_000
/** After the start memory is given back for half a minute; code that trading runs is compiled while it is new. */
const settleMs = 30_000

type Sample = { readonly cpuMs: number; readonly store: ReadonlyMap<number, number>; readonly metrics: MetricValues }

/** CPU-ms of the servers that work on the product's own database, by process. One that leaves meanwhile has long been idle. */
async function readStoreCpuMs(admin: pg.Client): Promise<ReadonlyMap<number, number>> {
  const { rows } = await admin.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = 'storeloom' and backend_type = 'client backend'`,
  )
  return new Map(await Promise.all(rows.map(async ({ pid }) => [pid, await cpuMsOf(pid).catch(() => 0)] as const)))
}

async function sample(product: Product, admin: pg.Client): Promise<Sample> {
  const metrics = await readMetrics(product.url)
  return { cpuMs: await product.cpuMs(), store: await readStoreCpuMs(admin), metrics }
}

async function measure(product: Product, admin: pg.Client) {
  const from = await sample(product, admin)
  await wait(seconds * 1_000)
  const to = await sample(product, admin)
  const count = (name: string, label = '') => difference(from.metrics, to.metrics, name, label)
  const storeCpuMs = [...to.store].reduce((sum, [pid, ms]) => sum + Math.max(0, ms - (from.store.get(pid) ?? 0)), 0)
  return {
    cpuMs: (to.cpuMs - from.cpuMs) / seconds,
    storeCpuMs: storeCpuMs / seconds,
    statements: count('storeloom_sql_statements_total') / seconds,
    documents: count('storeloom_source_documents_total', 'outcome="changed"') / seconds,
    applied: count('storeloom_events_applied_total') / seconds,
    batches: count('storeloom_event_batch_duration_seconds_count') / seconds,
    lagMs:
      (count('storeloom_event_visible_lag_seconds_sum') / count('storeloom_event_visible_lag_seconds_count')) * 1_000,
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'storeloom-upkeep-'))
  try {
    const plansFile = await writeOpenPlans(folder)
    // The server the product would start itself; started first, so that the trade can be made from here.
    const dataDir = join(folder, 'data')
    await using postgres = await startEmbeddedPostgres({ folder: join(dataDir, 'postgres'), log: () => {} })
    await postgres.ensureDatabase('storeloom')
    await using product = await startProduct({ dataDir, plansFile, readyTimeoutMs })
    const adminUrl = postgres.url('postgres')
    const admin = new pg.Client({ connectionString: adminUrl })
    await admin.connect()
    try {
      await wait(settleMs)
      const idle = await measure(product, admin)
      const urls = demoUrls(adminUrl)
      const open = (url: string) => openPostgres({ url, poolSize: 2 })
      await using erp = open(urls.erp)
      await using wms = open(urls.wms)
      await using oms = open(urls.oms)
      await using crm = open(urls.crm)
      await using psp = open(urls.psp)
      const stop = new AbortController()
      const trading = startSimulator({
        databases: { erp, wms, oms, crm, psp },
        seed: 1,
        clock: systemClock,
        ratePerMinute: ordersPerMinute,
        signal: stop.signal,
        onFault: (error) => console.warn('A simulated system does not answer', error),
      })
      await wait(settleMs)
      const busy = await measure(product, admin)
      stop.abort()
      await trading
      const round = (value: number) => Number(value.toFixed(2))
      console.table({
        idle: {
          'CPU-ms/s': round(idle.cpuMs),
          'store CPU-ms/s': round(idle.storeCpuMs),
          'SQL/s': round(idle.statements),
        },
        [`${ordersPerMinute} orders a minute`]: {
          'CPU-ms/s': round(busy.cpuMs),
          'store CPU-ms/s': round(busy.storeCpuMs),
          'SQL/s': round(busy.statements),
        },
      })
      const per = (what: number) => ({
        'CPU-ms': round((busy.cpuMs - idle.cpuMs) / what),
        'store CPU-ms': round((busy.storeCpuMs - idle.storeCpuMs) / what),
        SQL: round((busy.statements - idle.statements) / what),
        'batches applied': round((busy.batches - idle.batches) / what),
      })
      console.log(
        `Beyond what is used while idle, for each of ${round(busy.documents)} changed documents a second and of`,
      )
      console.log(`${round(busy.applied)} times a second that an event was applied to something:`)
      console.table({ 'changed document': per(busy.documents), 'event applied': per(busy.applied) })
      console.log(
        `From an event being recorded to what was made of it being committed: ${round(busy.lagMs)} ms on average`,
      )
      const [cpu] = cpus()
      console.log(`${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${release()}, Node ${process.version}`)
      console.log(`${new Date().toISOString()}, ${seconds} s each, load ${loadavg()[0]?.toFixed(2)} at the end`)
    } finally {
      await admin.end()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await main()
