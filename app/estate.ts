import { resolve } from 'node:path'
import { assetPath } from '../platform/assets.ts'
import { type Estate, loadEstate } from '../platform/connector/estate.ts'
import { type DemoUrls, findDemo, makeDemo } from './demo.ts'
import type { ProcessParts } from './process.ts'
import type { Store } from './store.ts'

export type OpenedEstate = {
  readonly estate: Estate
  /** The generated systems of record; null when the estate is a real one. */
  readonly demo: DemoUrls | null
}

const shippedEstates = ['demo', 'northwind']

/**
 * Reads the estate the configuration names.
 * @param scope.follows whether this process follows the systems of record: then it makes those of the demo estate first
 */
export async function openEstate(
  parts: ProcessParts,
  store: Store,
  { follows }: { readonly follows: boolean },
): Promise<OpenedEstate> {
  const { demo: overrides } = parts
  const { name } = parts.config.estate
  const folder = shippedEstates.includes(name) ? assetPath(`estates/${name}`) : resolve(name)
  if (name !== 'demo') return { estate: await loadEstate(folder, parts.environment), demo: null }
  const demo = follows ? await makeDemo(parts, store) : findDemo(parts, store)
  const urls = Object.entries({ ...demo, ...overrides.sourceUrls }).map(([system, url]) => [
    `STORELOOM_DEMO_${system.toUpperCase()}_URL`,
    url,
  ])
  const estate = await loadEstate(folder, { ...parts.environment, ...Object.fromEntries(urls) })
  // Slots are names of the whole server: two demos on one server would take each other's.
  const prefix = overrides.databasePrefix
  return { estate: prefix === undefined ? estate : { ...estate, name: `${estate.name}-${prefix}` }, demo }
}
