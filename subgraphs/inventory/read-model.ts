import { newestBySource, parseEvent, peekEvent } from '../../platform/event-log/event-schema.ts'
import type { CacheKey, Projection } from '../../platform/event-log/projection.ts'
import { catalogueEvents, type InventoryEvent, inventoryEvents } from './events.ts'

export const networkKey = 'all'

const networkTypes = [
  'retail.inventory.channel-changed.v1',
  'retail.inventory.channel-closed.v1',
  'retail.inventory.location-changed.v1',
] as const

/** Channels and locations. */
export const networkProjection: Projection = {
  name: 'inventory.network',
  types: networkTypes,
  tables: ['inventory.channels', 'inventory.locations'],
  async apply(transaction, recorded) {
    const events = newestBySource(recorded.flatMap((event) => parseEvent(inventoryEvents, event) ?? []))
    const channels = events.flatMap((event) => {
      const version = event.recorded.sequence
      if (event.type === 'retail.inventory.channel-changed.v1') return [{ ...event.data, closed: false, version }]
      return event.type === 'retail.inventory.channel-closed.v1' ? [{ ...event.data, closed: true, version }] : []
    })
    const locations = events.flatMap((event) =>
      event.type === 'retail.inventory.location-changed.v1' ? [toRow(event)] : [],
    )
    if (channels.length > 0) await transaction.query(upsertChannels, [JSON.stringify(channels)])
    if (locations.length > 0) await transaction.query(upsertLocations, [JSON.stringify(locations)])
  },
  keysOf: () => [{ cache: 'inventory.network', key: networkKey }],
}

/** Which variant a SKU means, and where in the catalogue it stands, followed from the catalogue's events. */
export const catalogueProjection: Projection = {
  name: 'inventory.catalogue',
  types: Object.keys(catalogueEvents),
  tables: ['inventory.variants', 'inventory.products'],
  async apply(transaction, recorded) {
    const events = newestBySource(recorded.flatMap((event) => parseEvent(catalogueEvents, event) ?? []))
    const rows = events.map(({ type, data, recorded: { sequence } }) => ({ type, ...data, version: sequence }))
    const variants = rows.filter(({ type }) => type === 'retail.variant.changed.v1')
    const products = rows.filter(({ type }) => type === 'retail.product.changed.v1')
    if (variants.length > 0) await transaction.query(upsertVariants, [JSON.stringify(variants)])
    if (products.length > 0) await transaction.query(upsertProducts, [JSON.stringify(products)])
  },
  keysOf(recorded) {
    const event = peekEvent(catalogueEvents, recorded)
    if (event === null) return []
    if (event.type === 'retail.product.changed.v1') {
      return [{ cache: 'inventory.categories-of-product', key: event.data.productId }]
    }
    const { sku, former, variantId } = event.data
    return [...[sku, former?.sku ?? sku].map(skuKey), { cache: 'inventory.terms-of-variant', key: variantId }]
  },
}

function skuKey(key: string): CacheKey {
  return { cache: 'inventory.variant-by-sku', key }
}

function toRow<E extends Pick<InventoryEvent, 'data' | 'recorded'>>({ data, recorded }: E) {
  return { ...data, ...data.origin, version: recorded.sequence }
}

const upsertChannels = `
INSERT INTO inventory.channels AS known (id, closed, name, kind, location_kinds, location_codes, methods, in_transit, version)
SELECT "channelId", closed, name, kind, "locationKinds", "locationCodes", methods, "inTransit", version
FROM jsonb_to_recordset($1::jsonb) AS r(
  "channelId" text, closed boolean, name text, kind text, "locationKinds" text[], "locationCodes" text[], methods text[],
  "inTransit" jsonb, version bigint)
ON CONFLICT (id) DO UPDATE SET
  closed = excluded.closed, name = excluded.name, kind = excluded.kind, location_kinds = excluded.location_kinds,
  location_codes = excluded.location_codes, methods = excluded.methods, in_transit = excluded.in_transit, version = excluded.version
WHERE known.version < excluded.version`

const upsertLocations = `
INSERT INTO inventory.locations AS known
  (id, code, gln, name, kind, time_zone, address, capabilities, active, geo, refs, system, occurred_at, received_at, version)
SELECT "locationId", code, gln, name, kind, "timeZone", address, capabilities, active, geo, refs, system, "occurredAt", "receivedAt", version
FROM jsonb_to_recordset($1::jsonb) AS r(
  "locationId" text, code text, gln text, name text, kind text, "timeZone" text, address jsonb, capabilities text[], active boolean,
  geo jsonb, refs jsonb, system text, "occurredAt" timestamptz, "receivedAt" timestamptz, version bigint)
ON CONFLICT (id) DO UPDATE SET
  code = excluded.code, gln = excluded.gln, name = excluded.name, kind = excluded.kind, time_zone = excluded.time_zone,
  address = excluded.address, capabilities = excluded.capabilities, active = excluded.active, geo = excluded.geo, refs = excluded.refs,
  system = excluded.system, occurred_at = excluded.occurred_at, received_at = excluded.received_at, version = excluded.version
WHERE known.version < excluded.version`

// The same sequence writes again what an earlier version of the read model left out.
const upsertVariants = `
INSERT INTO inventory.variants AS known (id, sku, product_id, lifecycle, backorderable, version)
SELECT "variantId", sku, "productId", lifecycle, backorderable, version
FROM jsonb_to_recordset($1::jsonb) AS r("variantId" text, sku text, "productId" text, lifecycle text, backorderable boolean, version bigint)
ON CONFLICT (id) DO UPDATE SET sku = excluded.sku, product_id = excluded.product_id, lifecycle = excluded.lifecycle,
  backorderable = excluded.backorderable, version = excluded.version
WHERE known.version <= excluded.version`

const upsertProducts = `
INSERT INTO inventory.products AS known (id, category_path, version)
SELECT "productId", "categoryPath", version
FROM jsonb_to_recordset($1::jsonb) AS r("productId" text, "categoryPath" text[], version bigint)
ON CONFLICT (id) DO UPDATE SET category_path = excluded.category_path, version = excluded.version
WHERE known.version < excluded.version`
