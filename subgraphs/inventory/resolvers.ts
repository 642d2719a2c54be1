import { AppError } from '../../platform/errors/app-error.ts'
import type { SubgraphResolvers } from '../../schema/generated/inventory.ts'
import { freeOf } from './availability.ts'
import { loadLocationPage, loadPositionPage } from './pages.ts'
import { parsePositionId, toPositionId } from './position-id.ts'
import { provenanceOf } from './provenance.ts'
import { reservedUnits, resolveAvailability, resolveItems, toLocationAnswers } from './resolve-availability.ts'

export const inventoryResolvers: SubgraphResolvers = {
  Query: {
    async location(_, { id, code }, { load }) {
      if ((id == null) === (code == null)) {
        const got = id == null ? 'neither' : 'both'
        throw new AppError('BAD_USER_INPUT', `Cannot find a location: ${got} of id and code is given, allowed is one`)
      }
      const network = await load.network()
      return (id == null ? network.locationsByCode.get(code ?? '') : network.locations.get(id)) ?? null
    },
    locations: (_, given, context) => loadLocationPage(given, context),
    availability: (_, { items, channelId, method }, context) => resolveItems(items, { channelId, method }, context),
  },
  Location: {
    __resolveReference: async ({ id }, { load }) => (await load.network()).locations.get(id) ?? null,
    provenance: (location, _, { freshness, now }) => provenanceOf(location, freshness, now),
  },
  Variant: {
    __resolveReference: ({ id }) => ({ id }),
    positions: ({ id }, given, context) => loadPositionPage(id, given, context),
    availability: ({ id }, { channelId, method }, context) => resolveAvailability(id, { channelId, method }, context),
  },
  InventoryPosition: {
    async __resolveReference({ id }, { load }) {
      const key = parsePositionId(id)
      if (key === null) return null
      const positions = await load.positionsOfVariant.load(key.variantId)
      return positions?.find(({ locationId }) => locationId === key.locationId) ?? null
    },
    id: toPositionId,
    variant: ({ variantId }) => ({ id: variantId }),
    async location({ locationId }, _, { load }) {
      const location = (await load.network()).locations.get(locationId)
      if (location !== undefined) return location
      throw new AppError('NOT_FOUND', 'Cannot tell the location of a position: its source has not named it yet')
    },
    reserved: () => reservedUnits,
    free: (position) => freeOf({ ...position, reserved: reservedUnits }),
    provenance: (position, _, { freshness, now }) => provenanceOf(position, freshness, now),
  },
  Availability: {
    variant: ({ variantId }) => ({ id: variantId }),
    byLocation: (answer, { first }) => toLocationAnswers(answer, first),
    asOf: ({ origin }, _, { freshness, now }) => provenanceOf(origin, freshness, now).asOf,
    provenance: ({ origin }, _, { freshness, now }) => provenanceOf(origin, freshness, now),
  },
  LocationAvailability: {
    provenance: ({ origin }, _, { freshness, now }) => provenanceOf(origin, freshness, now),
  },
}
