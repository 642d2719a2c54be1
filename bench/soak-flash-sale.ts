/** 1,000 units, 20,000 buyers in 30 s, five runs, kill -9 in two of them, on the embedded default. `npm run soak:flash-sale` */
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
    await server.ensureDatabase(`sale${run}`)
    const url = server.url(`sale${run}`)
    const report = await runFlashSale({ url, units: 1_000, buyers: 20_000, seconds: 30, kill })
    console.log(`run ${run}${kill ? ', killed' : ''}: ${JSON.stringify(report)}`)
    const { sold, confirmed, held, lost, drift, short } = report
    const times = report.otherP99Ms / Math.max(1, report.calmP99Ms)
    console.log(`  other SKUs' p99: ${times.toFixed(1)} times calm`)
    // A killed process answers nobody for a while, whatever the SKU.
    if (!kill && times > 2) process.exitCode = 1
    if (confirmed !== 1_000 || sold !== 1_000 || held !== 0 || lost !== 0 || drift !== 0 || short !== 19_000) {
      process.exitCode = 1
    }
  }
} finally {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}
