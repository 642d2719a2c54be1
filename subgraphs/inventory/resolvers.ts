import { AppError } from '../../platform/errors/app-error.ts'
import { visibleAvailability } from '../../policies/exact-availability.ts'
import { isInStockScope, stockScope } from '../../policies/stock-scope.ts'
import type { SubgraphResolvers } from '../../schema/generated/inventory.ts'
import { freeOf } from './availability.ts'
import { explanationOf } from './explanation.ts'
import { resolveFigures } from './figures-query.ts'
import { recordMutations } from './ledger/record-resolvers.ts'
import {
  resolveChannelFeeds,
  resolveMovements,
  resolveOrderShortages,
  resolveSequenceGaps,
  resolveShortfalls,
  resolveStockAt,
  resolveUnreceivedTransfers,
} from './ledger/resolvers.ts'
import type { Context } from './loaders.ts'
import { loadLocationPage, loadPositionPage } from './pages.ts'
import { parsePositionId, toPositionId } from './position-id.ts'
import { resolvePositionList } from './position-list.ts'
import { datedPromise, resolvePickupOptions, resolvePromises } from './promises.ts'
import { provenanceOf, provenanceOfOldest } from './provenance.ts'
import type { PositionRow } from './reads.ts'
import { reservationMutations, reservationQueries, reservationTypes } from './reservations/resolvers.ts'
import { resolveAvailability, resolveItems, toLocationAnswers } from './resolve-availability.ts'
import { resolveSuppliesOf, resolveSupplyList } from './supply-list.ts'
import { ruleMutations, ruleQueries, ruleTypes } from './terms/rule-resolvers.ts'
import { transferMutations, transferQueries, transferTypes } from './transfers/resolvers.ts'

type Placed = { readonly variantId: string; readonly locationId: string }

const placed = {
  variant: ({ variantId }: Placed) => ({ id: variantId }),
  location: async ({ locationId }: Placed, _: unknown, { load }: Context) =>
    (await load.network()).locations.get(locationId) ?? null,
}

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
    inventoryPositions: (_, given, context) => resolvePositionList(given, context),
    pickupOptions: (_, question, context) => resolvePickupOptions(question, context),
    ...reservationQueries,
    ...transferQueries,
    ...ruleQueries,
    promise: (_, { channelId, items, methods, destination }, context) =>
      resolvePromises(channelId, items, methods, destination ?? null, context),
    supplyRecords: (_, given, context) => resolveSupplyList(given, context),
    stockAt: (_, given, context) => resolveStockAt(given, context),
    stockMovements: (_, given, context) => resolveMovements(given, context),
    shortfalls: (_, given, context) => resolveShortfalls(given, context),
    unreceivedTransfers: (_, given, context) => resolveUnreceivedTransfers(given, context),
    sequenceGaps: (_, given, context) => resolveSequenceGaps(given, context),
    orderShortages: (_, given, context) => resolveOrderShortages(given, context),
    inventoryFigures: (_, given, context) => resolveFigures(given, context),
    channelFeeds: (_, given, context) => resolveChannelFeeds(given, context),
  },
  Mutation: { ...reservationMutations, ...recordMutations, ...transferMutations, ...ruleMutations },
  ...reservationTypes,
  ...transferTypes,
  ...ruleTypes,
  Location: {
    __resolveReference: async ({ id }, { load }) => (await load.network()).locations.get(id) ?? null,
    provenance: (location, _, { freshness, now }) => provenanceOf(location, freshness, now),
  },
  Variant: {
    __resolveReference: ({ id }) => ({ __typename: 'Variant', id }),
    positions: ({ id }, given, context) => loadPositionPage(id, given, context),
    supplies: ({ id }, given, context) => resolveSuppliesOf(id, given, context),
    availability: ({ id }, { channelId, method }, context) => resolveAvailability(id, { channelId, method }, context),
  },
  InventoryPosition: {
    async __resolveReference({ id }, { load, viewer }) {
      const key = parsePositionId(id)
      if (key === null || !isInStockScope(stockScope(viewer), key.locationId)) return null
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
    reserved: (position, _, { load, now }) => load.reservedAt(position, now),
    free: freeAt,
    oversold: async (position, _, context) => Math.max(0, -(await freeAt(position, _, context))),
    provenance: (position, _, { freshness, now }) => provenanceOf(position, freshness, now),
  },
  Availability: {
    variant: ({ variantId }) => ({ id: variantId }),
    ats: ({ ats }, _, { viewer }) => visibleAvailability(viewer, ats),
    largestSingleLocation: (answer, _, { viewer }) => visibleAvailability(viewer, answer.largestSingleLocation),
    promise: (answer, { quantity, destination }, context) =>
      datedPromise(answer, quantity, destination ?? null, context),
    explain: (answer, _, context) => explanationOf(answer, context),
    byLocation: (answer, { first }, { viewer }) => toLocationAnswers(answer, first, viewer),
    asOf: ({ origins }, _, { freshness, now }) => provenanceOfOldest(origins, freshness, now).asOf,
    provenance: ({ origins }, _, { freshness, now }) => provenanceOfOldest(origins, freshness, now),
  },
  SupplyRecord: {
    variant: ({ variantId }) => ({ id: variantId }),
    destination: placed.location,
    provenance: ({ origin }, _, { freshness, now }) => (origin === null ? null : provenanceOf(origin, freshness, now)),
  },
  StockBalance: placed,
  StockMovement: placed,
  StockShortfall: placed,
  OrderShortage: { variant: ({ variantId }) => ({ id: variantId }) },
  UnreceivedTransfer: {
    variant: ({ variantId }) => ({ id: variantId }),
    from: async ({ fromLocationId }, _, { load }) => (await load.network()).locations.get(fromLocationId) ?? null,
  },
  KitComponentExplanation: { variant: ({ variantId }) => ({ id: variantId }) },
  AvailabilityTerm: {
    async location({ locationId }, _, { load }) {
      return locationId === null ? null : ((await load.network()).locations.get(locationId) ?? null)
    },
  },
  LocationAvailability: {
    provenance: ({ origin }, _, { freshness, now }) => provenanceOf(origin, freshness, now),
  },
}

async function freeAt(position: PositionRow, _: unknown, { load, now }: Context): Promise<number> {
  return freeOf({ ...position, reserved: await load.reservedAt(position, now) })
}
