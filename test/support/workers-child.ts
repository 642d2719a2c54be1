import cluster from 'node:cluster'
import { startWorker, startWorkers } from '../../app/workers.ts'
import { startApp, startKeeper } from '../../app.ts'
import { readConfig } from '../../platform/config.ts'
import { silentLog } from '../../platform/telemetry/log.ts'

// The product on two workers over a small demo retailer: argv 2 is the data folder. Says `ready <url>`, and the process
// ids of its workers when asked `workers`; anything else on its input ends it.
const [, , folder = ''] = process.argv
const environment = {
  STORELOOM_DATA_DIR: folder,
  STORELOOM_DEMO_RATE: '0',
  STORELOOM_DRAIN_TIMEOUT_MS: '1000',
  PORT: '0',
}
const options = {
  config: readConfig(environment),
  environment,
  log: silentLog,
  demo: { size: { stores: 3, variants: 60, variantsPerStore: 20, customers: 50, orders: 150 } },
}

if (cluster.isWorker) {
  const app = await startWorker(options, startApp)
  process.once('SIGTERM', () => void app[Symbol.asyncDispose]())
} else {
  const app = await startWorkers(options, 2, startKeeper)
  await app.complete
  console.log(`ready ${app.url}`)
  process.stdin.on('data', async (data) => {
    if (data.toString().trim() === 'workers') {
      const pids = Object.values(cluster.workers ?? {}).map((worker) => worker?.process.pid)
      console.log(`workers ${pids.join(' ')}`)
      return
    }
    await app[Symbol.asyncDispose]()
    process.exit(0)
  })
}
