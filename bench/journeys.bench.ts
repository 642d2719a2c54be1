/**
 * The three journeys over HTTP against the built product with its own PostgreSQL and the demo retailer, which does not
 * trade meanwhile: rate, latency, CPU of the product's process and SQL statements for each request. Linux only: CPU is
 * read from /proc.
 *
 *   npm run bench:journeys                   10 connections, 5 seconds each
 *   npm run bench:journeys -- 50 10          so many connections, for so many seconds
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import { startEmbeddedPostgres } from '../platform/sql/embedded.ts'
import { type Journey, journeys } from './journeys/journeys.ts'
import { answersOf, loadWith } from './journeys/load.ts'
import { writeOpenPlans } from './journeys/open-plans.ts'
import { type Product, startProduct } from './journeys/product.ts'
import { countStatements } from './journeys/statements.ts'

const [, , connectionsGiven, secondsGiven] = process.argv
const connections = Number(connectionsGiven ?? 10)
const seconds = Number(secondsGiven ?? 5)
const warmUpSeconds = 3
const readyTimeoutMs = 300_000

type Row = Readonly<Record<string, string | number>>

async function measure(product: Product, journey: Journey, database: pg.Client): Promise<Row> {
  const token = journey.as === null ? null : await product.token(journey.as)
  const url = `${product.url}/graphql`
  await answersOf(journey, url, token)
  await loadWith(journey, { url, token, connections, amount: { seconds: warmUpSeconds } })
  // The product's own upkeep runs beside any load; what it does while idle is taken off.
  const idleFrom = { cpuMs: await product.cpuMs(), statements: await countStatements(database), at: performance.now() }
  await wait(3_000)
  const idleMs = performance.now() - idleFrom.at
  const from = { cpuMs: await product.cpuMs(), statements: await countStatements(database), at: performance.now() }
  const result = await loadWith(journey, { url, token, connections, amount: { seconds } })
  const tookMs = performance.now() - from.at
  const cpuMs = (await product.cpuMs()) - from.cpuMs
  const statements = (await countStatements(database)) - from.statements
  const idleStatements = ((from.statements - idleFrom.statements) / idleMs) * tookMs
  const idleCpuMs = ((from.cpuMs - idleFrom.cpuMs) / idleMs) * tookMs
  const answers = result['2xx']
  return {
    journey: journey.name,
    'requests/s': Math.round(answers / result.duration),
    'p50 ms': result.latency.p50,
    'p99 ms': result.latency.p99,
    'CPU-ms/request': (cpuMs / answers).toFixed(2),
    'SQL/request': (Math.max(0, statements - idleStatements) / answers).toFixed(2),
    requests: answers,
    'idle CPU': `${((idleCpuMs / cpuMs) * 100).toFixed(1)} %`,
    'idle SQL': `${Math.round((idleStatements / tookMs) * 1_000)}/s`,
  }
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'storeloom-journeys-'))
  try {
    const plansFile = await writeOpenPlans(folder)
    // The server the product would start itself; started first, it counts statements, and the product joins it.
    await using postgres = await startEmbeddedPostgres({
      folder: join(folder, 'data', 'postgres'),
      settings: { shared_preload_libraries: 'pg_stat_statements' },
      log: () => {},
    })
    await postgres.ensureDatabase('storeloom')
    const startedAt = performance.now()
    await using product = await startProduct({ dataDir: join(folder, 'data'), plansFile, readyTimeoutMs })
    console.log(`Ready after ${Math.round((performance.now() - startedAt) / 1_000)} s, the demo retailer made.`)
    const database = new pg.Client({ connectionString: postgres.url('storeloom') })
    await database.connect()
    try {
      await database.query('create extension if not exists pg_stat_statements')
      const loadBefore = loadavg()[0] ?? 0
      const rows: Row[] = []
      for (const journey of journeys) rows.push(await measure(product, journey, database))
      console.table(rows)
      const [cpu] = cpus()
      console.log(`${connections} connections, ${seconds} s each after ${warmUpSeconds} s of warming up`)
      console.log(`${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${release()}, Node ${process.version}`)
      console.log(
        `${new Date().toISOString()}, load ${loadBefore.toFixed(2)} before, ${loadavg()[0]?.toFixed(2)} after`,
      )
    } finally {
      await database.end()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await main()
