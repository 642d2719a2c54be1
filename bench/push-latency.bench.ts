/**
 * How long after its commit in a system of record a change reaches a subscriber: the built product as a process of its
 * own with the embedded PostgreSQL and a small demo retailer, changes committed in its order system and its warehouse in
 * turn, told over server-sent events and WebSocket.
 *
 *   npm run bench:push-latency               400 changes, 8 a second
 *   npm run bench:push-latency -- 1000 20    so many changes, so many a second
 */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { cpus, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { seedDemoEstate } from '../estates/demo/seed.ts'
import { assetPath } from '../platform/assets.ts'
import { startEmbeddedPostgres } from '../platform/sql/embedded.ts'
import { startProduct } from './journeys/product.ts'
import { followByEvents, followBySocket, type Told } from './push/followers.ts'

const [, , changesGiven, rateGiven] = process.argv
const changes = Number(changesGiven ?? 400)
const everyMs = 1_000 / Number(rateGiven ?? 8)
/** A change that is not told within it counts as undelivered. */
const longestMs = 5_000
const warmUp = 20

const size = { stores: 5, variants: 120, variantsPerStore: 60, customers: 100, orders: 1_500 }
const orders = 'subscription { orderStatusChanged { ... on OrderStatusEvent { to order { number publicStatus } } } }'
const stock =
  'subscription { stockMoved { ... on StockEvent { position { sellable variant { sku } location { code } } } } }'

/** Transactions the store has committed so far. */
async function commitsOf(store: pg.Client): Promise<number> {
  const { rows } = await store.query<{ commits: string }>(
    'select xact_commit::text as commits from pg_stat_database where datname = current_database()',
  )
  return Number(rows[0]?.commits)
}

type Change = { readonly key: string; readonly committedMs: number }

/** Commits one change in a source; the clock stops when the commit is asked for, not when it is answered. */
async function commit(source: pg.Client, key: string, statements: readonly (readonly [string, unknown[]])[]) {
  await source.query('begin')
  for (const [text, values] of statements) await source.query(text, values)
  const committedMs = performance.now()
  await source.query('commit')
  return { key, committedMs }
}

async function open(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}

/** Orders and positions, each changed once, so that a message tells which change it is of. */
async function plannedChanges(oms: pg.Client, wms: pg.Client) {
  const each = Math.ceil((changes + warmUp) / 2)
  const delivered = await oms.query<{ order_id: string; order_no: string }>(
    `select order_id, order_no from sales_order o where status_code = 70 and not exists (
       select from sales_order_line l where l.order_id = o.order_id and (l.status_code <> 70 or returned_qty + cancelled_qty > 0))
     order by order_id limit $1`,
    [each],
  )
  const positions = await wms.query<{ stk_id: string; sku_cd: string; node_cd: string }>(
    'select stk_id, sku_cd, node_cd from wms_stk order by stk_id limit $1',
    [each],
  )
  if (delivered.rows.length < each || positions.rows.length < each) throw new Error('the retailer is too small')
  return Array.from({ length: each * 2 }, (_, index) => {
    const order = delivered.rows[index >> 1]
    const position = positions.rows[index >> 1]
    return async (): Promise<Change> =>
      index % 2 === 0
        ? commit(oms, `order ${order?.order_no}`, [
            ['update sales_order set status_code = 80, status_at = now() where order_id = $1', [order?.order_id]],
            ['update sales_order_line set status_code = 80 where order_id = $1', [order?.order_id]],
          ])
        : commit(wms, `stock ${position?.sku_cd}@${position?.node_cd}`, [
            ['update wms_stk set qty_avl = qty_avl + 1, upd_ts = now() where stk_id = $1', [position?.stk_id]],
          ])
  })
}

function report(name: string, made: readonly Change[], told: Told): void {
  const lags = made.flatMap(({ key, committedMs }) => {
    const at = told.at(key)
    return at === undefined ? [] : [at - committedMs]
  })
  lags.sort((a, b) => a - b)
  const at = (share: number) =>
    `${(lags[Math.min(lags.length - 1, Math.floor(lags.length * share))] ?? 0).toFixed(0)} ms`
  console.log(
    `${name}: ${made.length} changes, p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, most ${at(1)}, ${made.length - lags.length} undelivered`,
  )
  const missing = made.flatMap(({ key }) => (told.at(key) === undefined ? [key] : []))
  if (missing.length === 0) return
  console.log(`  not told within ${longestMs} ms: ${missing.slice(0, 5).join(', ')}`)
  process.exitCode = 1
}

const folder = await mkdtemp(join(tmpdir(), 'storeloom-latency-'))
try {
  const dataDir = join(folder, 'data')
  await using postgres = await startEmbeddedPostgres({ folder: join(dataDir, 'postgres'), log: () => {} })
  const { urls } = await seedDemoEstate({ adminUrl: postgres.url('postgres'), size })
  // The demo's own estate, but with the addresses of a retailer that is made here.
  const estate = join(folder, 'estate')
  await cp(assetPath('estates/demo'), estate, { recursive: true })
  const text = await readFile(join(estate, 'estate.json'), 'utf8')
  await writeFile(join(estate, 'estate.json'), text.replaceAll('${STORELOOM_DEMO_', '${STORELOOM_SOURCE_'))
  const plansFile = join(folder, 'plans.json')
  const bucket = { maximum: 10_000_000, restoreRate: 1_000_000 }
  const plan = { maxCost: 100_000, maxListNodes: 100_000, buckets: { P0: bucket, P1: bucket, P2: bucket, P3: bucket } }
  const kinds = { anonymous: 'bench', shopper: 'bench', staff: 'bench', partner: 'bench', service: 'bench' }
  await writeFile(plansFile, JSON.stringify({ plans: { bench: plan }, kinds, clients: {} }))
  await mkdir(dataDir, { recursive: true })
  await using product = await startProduct({
    dataDir,
    plansFile,
    readyTimeoutMs: 300_000,
    environment: {
      STORELOOM_ESTATE: estate,
      ...Object.fromEntries(
        Object.entries(urls).map(([system, url]) => [`STORELOOM_SOURCE_${system.toUpperCase()}_URL`, url]),
      ),
    },
  })
  console.log('Ready; the changes begin')
  const token = await product.token('agent')
  const oms = await open(urls.oms)
  const wms = await open(urls.wms)
  const store = await open(postgres.url('storeloom'))
  await using byEvents = await followByEvents(product.url, token, [orders, stock])
  await using bySocket = await followBySocket(product.url, token, [orders, stock])
  try {
    const planned = await plannedChanges(oms, wms)
    await wait(2_000)
    const idleFrom = { cpuMs: await product.cpuMs(), commits: await commitsOf(store), at: performance.now() }
    await wait(5_000)
    const idleMs = performance.now() - idleFrom.at
    const idle = {
      cpu: ((await product.cpuMs()) - idleFrom.cpuMs) / idleMs,
      commits: ((await commitsOf(store)) - idleFrom.commits) / idleMs,
    }
    const loadBefore = loadavg()[0] ?? 0
    for (const change of planned.splice(0, warmUp)) {
      await change()
      await wait(everyMs)
    }
    const startedMs = performance.now()
    const from = { cpuMs: await product.cpuMs(), commits: await commitsOf(store) }
    const made: Change[] = []
    for (const change of planned) {
      made.push(await change())
      await wait(Math.max(0, startedMs + made.length * everyMs - performance.now()))
    }
    const endMs = performance.now() + longestMs
    const isTold = ({ key }: Change) => byEvents.at(key) !== undefined && bySocket.at(key) !== undefined
    while (!made.every(isTold) && performance.now() < endMs) await wait(50)
    const tookMs = performance.now() - startedMs
    const cpuMs = (await product.cpuMs()) - from.cpuMs - idle.cpu * tookMs
    const commits = (await commitsOf(store)) - from.commits - idle.commits * tookMs
    const ofOrders = made.filter(({ key }) => key.startsWith('order'))
    const ofStock = made.filter(({ key }) => key.startsWith('stock'))
    report('orders, server-sent events', ofOrders, byEvents)
    report('orders, WebSocket', ofOrders, bySocket)
    report('stock, server-sent events', ofStock, byEvents)
    report('stock, WebSocket', ofStock, bySocket)
    console.log(
      [
        `idle: ${(idle.cpu * 100).toFixed(1)} % of a core in the product, ${Math.round(idle.commits * 1_000)} transactions a second in its store`,
        `a change: ${(cpuMs / made.length).toFixed(1)} ms of processor, ${(commits / made.length).toFixed(1)} transactions more`,
      ].join('; '),
    )
    console.log(
      `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}, ${release()}, Node ${process.version}, load ${loadBefore.toFixed(2)} before, ${loadavg()[0]?.toFixed(2)} after`,
    )
  } finally {
    await Promise.all([oms.end(), wms.end(), store.end()])
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
