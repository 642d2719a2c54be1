import { createCatalogue } from './catalogue.ts'
import type { World } from './order-brief.ts'
import { createSites } from './sites.ts'
import type { DemoOptions } from './size.ts'

/** What every order refers to; a few megabytes at full scale. All else is generated row by row. */
export function createWorld(options: DemoOptions): World {
  const { size, seed } = options
  const catalogue = createCatalogue(seed, size.variants)
  const sites = createSites(seed, size.stores, size.variants, size.variantsPerStore)
  const [firstCentre, ...centres] = sites.filter((site) => site.kind === 'DC')
  const [firstStore, ...stores] = sites.filter((site) => site.kind === 'STORE')
  if (firstCentre === undefined || firstStore === undefined || catalogue.length === 0) {
    throw new RangeError(
      `Cannot generate the demo estate: it needs at least one store and one variant, got ${size.stores} and ${size.variants}`,
    )
  }
  const [firstShipping = firstStore, ...shipping] = [firstStore, ...stores].filter((site) => site.ships)
  return {
    ...options,
    catalogue,
    sites,
    centres: [firstCentre, ...centres],
    stores: [firstStore, ...stores],
    shippingStores: [firstShipping, ...shipping],
  }
}
