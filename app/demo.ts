import { type DemoSystem, demoSystems } from '../estates/demo/rows.ts'
import { demoUrls, seedDemoEstate } from '../estates/demo/seed.ts'
import { startSimulator } from '../estates/demo/simulate.ts'
import { systemClock } from '../platform/clock.ts'
import { openPostgres } from '../platform/sql/postgres.ts'
import type { ProcessParts } from './process.ts'
import type { Store } from './store.ts'

export type DemoUrls = Readonly<Record<DemoSystem, string>>

/** Makes the demo retailer's source databases, beside the store on the same server; later starts find them there. */
export async function makeDemo(parts: ProcessParts, store: Store): Promise<DemoUrls> {
  const { config, log, signal, demo: overrides } = parts
  let told = ''
  const seeded = await seedDemoEstate({
    adminUrl: adminUrlOf(parts, store),
    scale: config.demo.scale,
    seed: config.demo.seed,
    signal,
    ...overrides,
    onProgress({ phase, share }) {
      const line = `Making the demo retailer: ${phase}, ${Math.floor(share * 5) * 20} %`
      if (line !== told && share < 1) log.info(line)
      told = line
    },
  })
  return seeded.urls
}

/** Where its source databases are, or will be once the process that follows them has made them. */
export function findDemo(parts: ProcessParts, store: Store): DemoUrls {
  return demoUrls(adminUrlOf(parts, store), parts.demo.databasePrefix)
}

function adminUrlOf({ config }: ProcessParts, store: Store): string {
  return store.embedded?.url('postgres') ?? config.database.url ?? ''
}

/** Keeps the demo retailer trading at the configured rate until the process ends. */
export function keepTrading({ config, closer, log, signal }: ProcessParts, urls: DemoUrls): void {
  if (config.demo.ordersPerMinute === 0) return
  const open = (system: DemoSystem) =>
    closer.add(openPostgres({ url: urls[system], poolSize: 2 }), { name: `simulated ${system}` })
  const [erp, wms, oms, crm, psp] = [open('erp'), open('wms'), open('oms'), open('crm'), open('psp')]
  const partLog = log.child({ part: 'simulator' })
  const stop = new AbortController()
  const trading = startSimulator({
    databases: { erp, wms, oms, crm, psp },
    seed: config.demo.seed,
    clock: systemClock,
    ratePerMinute: config.demo.ordersPerMinute,
    signal: AbortSignal.any([stop.signal, signal]),
    onStep: (what) => partLog.debug(what),
    onFault: (error) => partLog.warn('A simulated system does not answer', { error }),
  })
  closer.add(
    {
      async [Symbol.asyncDispose]() {
        stop.abort()
        await trading
      },
    },
    { name: 'simulator' },
  )
  log.info(
    `The demo retailer trades: ${config.demo.ordersPerMinute} orders a minute over ${demoSystems.length} systems`,
  )
}
