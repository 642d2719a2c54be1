import { isAbsolute, resolve } from 'node:path'
import { seedDemoEstate } from '../estates/demo/seed.ts'
import { assetPath } from '../platform/assets.ts'
import type { Config } from '../platform/config.ts'
import { type Estate, loadEstate } from '../platform/connector/estate.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { Store } from './store.ts'

const shippedEstates = ['demo', 'northwind']

/** Reads the estate the configuration names; of the demo estate, makes the systems of record as well. */
export async function openEstate(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
  store: Store,
  log: Log,
  signal: AbortSignal,
): Promise<Estate> {
  const { name } = config.estate
  const folder = shippedEstates.includes(name) ? assetPath(`estates/${name}`) : isAbsolute(name) ? name : resolve(name)
  const given = name === 'demo' ? await seedDemo(config, store, log, signal) : {}
  return loadEstate(folder, { ...environment, ...given })
}

async function seedDemo(config: Config, store: Store, log: Log, signal: AbortSignal): Promise<Record<string, string>> {
  const adminUrl = store.embedded?.url('postgres') ?? config.database.url ?? ''
  let told = ''
  const seeded = await seedDemoEstate({
    adminUrl,
    scale: config.demo.scale,
    seed: config.demo.seed,
    signal,
    onProgress({ phase, rows, share }) {
      const line = `${phase} ${Math.floor(share * 10) * 10}%`
      if (line !== told) log.info(`Making the demo retailer: ${line}`, { rows })
      told = line
    },
  })
  return Object.fromEntries(
    Object.entries(seeded.urls).map(([system, url]) => [`STORELOOM_DEMO_${system.toUpperCase()}_URL`, url]),
  )
}
