import { startApp } from '../../app.ts'
import { readConfig } from '../../platform/config.ts'
import { createLog } from '../../platform/telemetry/log.ts'

// The whole product as a process of its own on a small demo retailer: argv 2 is the data folder, argv 3 the orders per
// minute. Every log line is a line of its output; `ready` comes when every system of record is read.
const [, , folder = '', rate = '0'] = process.argv
const environment = {
  STORELOOM_DATA_DIR: folder,
  STORELOOM_DEMO_RATE: rate,
  STORELOOM_DRAIN_TIMEOUT_MS: '1000',
  LOG_LEVEL: 'debug',
  LOG_FORMAT: 'text',
  PORT: '0',
}
const app = await startApp({
  config: readConfig(environment),
  environment,
  log: createLog({ level: 'debug', format: 'text', write: (line) => console.log(line.slice(19).trimEnd()) }),
  demo: { size: { stores: 5, variants: 300, variantsPerStore: 60, customers: 300, orders: 1_500 } },
})
await app.complete
console.log(`ready ${app.url}`)
process.stdin.once('data', async () => {
  await app[Symbol.asyncDispose]()
  process.exit(0)
})
