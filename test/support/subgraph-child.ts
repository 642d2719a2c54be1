import { startSubgraph } from '../../app.ts'
import { readConfig } from '../../platform/config.ts'
import { silentLog } from '../../platform/telemetry/log.ts'
import type { TestApp } from './start-app.ts'

// The orders subgraph as a process of its own: argv 2 is the installation's `environment` and `demo` as JSON, argv 3 the
// port. Says `ready <url>`; anything on its input ends it in order.
const [, , installation = '', port = '0'] = process.argv
const { environment, demo }: Pick<TestApp, 'environment' | 'demo'> = JSON.parse(installation)
const subgraph = await startSubgraph(
  { config: readConfig(environment), environment, log: silentLog, demo },
  'orders',
  Number(port),
)
console.log(`ready ${subgraph.url}`)
process.stdin.once('data', async () => {
  await subgraph[Symbol.asyncDispose]()
  process.exit(0)
})
