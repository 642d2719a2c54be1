/**
 * 1,000 units, 20,000 buyers in 30 s, on the embedded default, sold by two processes as by `npm start -- --workers 2`: five runs, kill -9
 * of one of the two in two of them. A last run by a single process that is killed is told apart: until it is there again, nobody is
 * answered. PostgreSQL lives on in all of them, as it does when the product is killed. `npm run soak:flash-sale [-- runs]`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '../platform/sql/embedded.ts'
import { runFlashSale } from './flash-sale.ts'

const runs = Number(process.argv[2] ?? 5)
const folder = await mkdtemp(join(tmpdir(), 'storeloom-flash-sale-'))
const server = await startEmbeddedPostgres({ folder, log: () => {} })
try {
  for (let run = 1; run <= runs; run += 1) {
    const kill = run === 2 || run === 4
    const times = await sell(`sale${run}`, 2, kill, `run ${run}, two processes${kill ? ', one killed' : ''}`)
    if (times > 2) process.exitCode = 1
  }
  await sell('alone', 1, true, 'told apart: one process, killed')
} finally {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}

/** @returns how many times calm the p99 of other SKUs is */
async function sell(database: string, sellers: number, kill: boolean, what: string): Promise<number> {
  await server.ensureDatabase(database)
  const url = server.url(database)
  const report = await runFlashSale({ url, units: 1_000, buyers: 20_000, seconds: 30, sellers, kill })
  const { sold, confirmed, held, lost, drift, short } = report
  const times = report.otherP99Ms / Math.max(1, report.calmP99Ms)
  console.log(`${what}: ${JSON.stringify(report)}`)
  console.log(`  other SKUs' p99: ${times.toFixed(1)} times calm`)
  if (confirmed !== 1_000 || sold !== 1_000 || held !== 0 || lost !== 0 || drift !== 0 || short !== 19_000) {
    process.exitCode = 1
  }
  return times
}
