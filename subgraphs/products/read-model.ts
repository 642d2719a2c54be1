import { newestBySource, parseEvent, peekEvent } from '../../platform/event-log/event-schema.ts'
import type { Projection } from '../../platform/event-log/projection.ts'
import type { Transaction } from '../../platform/sql/database.ts'
import { type ProductsEvent, productsEvents } from './events.ts'
import { lifecycles } from './lifecycle.ts'

/** One projection for all three tables: a product's lifecycle is derived from its variants. */
export const catalogueProjection: Projection = {
  name: 'products.catalogue',
  types: Object.keys(productsEvents),
  tables: ['products.products', 'products.variants', 'products.prices'],

  async apply(transaction, recorded) {
    const events = recorded.flatMap((event) => parseEvent(productsEvents, event) ?? [])
    const newest = newestBySource(events)
    await writeProducts(transaction, newest)
    await writeVariants(transaction, newest)
    await writePrices(transaction, newest)
    await deriveLifecycles(transaction, [...new Set(events.flatMap(productsOf))])
  },

  keysOf(recorded) {
    const event = peekEvent(productsEvents, recorded)
    if (event === null) return []
    switch (event.type) {
      case 'retail.product.changed.v1':
        return [{ cache: 'products.product', key: event.data.productId }]
      case 'retail.variant.changed.v1': {
        const { data } = event
        const gtins = [data.gtin, data.former?.gtin].flatMap((gtin) => gtin ?? [])
        return [
          { cache: 'products.variant', key: data.variantId },
          ...productsOf(event).flatMap((key) => [
            { cache: 'products.product', key },
            { cache: 'products.variants-of-product', key },
          ]),
          ...[data.sku, data.former?.sku ?? data.sku].map((key) => ({ cache: 'products.variant-by-sku', key })),
          ...gtins.map((key) => ({ cache: 'products.variant-by-gtin', key })),
        ]
      }
      case 'retail.price.changed.v1':
        return [event.data.variantId, event.data.formerVariantId ?? event.data.variantId].map((key) => ({
          cache: 'products.prices-of-variant',
          key,
        }))
      case 'retail.price.withdrawn.v1':
        return [{ cache: 'products.prices-of-variant', key: event.data.variantId }]
      default:
        return event satisfies never
    }
  },
}

function productsOf(event: ProductsEvent): readonly string[] {
  if (event.type === 'retail.product.changed.v1') return [event.data.productId]
  if (event.type !== 'retail.variant.changed.v1') return []
  const former = event.data.former?.productId
  return former === undefined || former === event.data.productId
    ? [event.data.productId]
    : [event.data.productId, former]
}

function ofType<T extends ProductsEvent['type']>(events: readonly ProductsEvent[], type: T) {
  return events.filter((event): event is Extract<ProductsEvent, { type: T }> => event.type === type)
}

async function writeProducts(transaction: Transaction, events: readonly ProductsEvent[]): Promise<void> {
  const rows = ofType(events, 'retail.product.changed.v1').map(({ data, recorded }) => ({
    ...data,
    ...data.origin,
    changedAt: recorded.time,
    version: recorded.sequence,
  }))
  if (rows.length > 0) await transaction.query(upsertProducts, [JSON.stringify(rows)])
}

async function writeVariants(transaction: Transaction, events: readonly ProductsEvent[]): Promise<void> {
  const rows = ofType(events, 'retail.variant.changed.v1').map(({ data, recorded }) => ({
    ...data,
    ...data.origin,
    version: recorded.sequence,
  }))
  if (rows.length > 0) await transaction.query(upsertVariants, [JSON.stringify(rows)])
}

async function writePrices(transaction: Transaction, events: readonly ProductsEvent[]): Promise<void> {
  const changed = ofType(events, 'retail.price.changed.v1')
  const withdrawn = ofType(events, 'retail.price.withdrawn.v1')
  const rows = [...changed, ...withdrawn].map(({ type, data, recorded }) => ({
    ...data,
    ...data.origin,
    id: recorded.subject,
    withdrawn: type === 'retail.price.withdrawn.v1',
    version: recorded.sequence,
  }))
  if (rows.length > 0) await transaction.query(upsertPrices, [JSON.stringify(rows)])
}

async function deriveLifecycles(transaction: Transaction, productIds: readonly string[]): Promise<void> {
  if (productIds.length > 0) await transaction.query(updateLifecycles, [productIds, lifecycles])
}

const upsertProducts = `
INSERT INTO products.products AS known
  (id, title, description, brand, category_path, lifecycle, refs, changed_at, system, occurred_at, received_at, version)
SELECT "productId", title, description, brand, "categoryPath", 'DRAFT', refs, "changedAt", system, "occurredAt", "receivedAt", version
FROM jsonb_to_recordset($1::jsonb) AS r(
  "productId" text, title text, description text, brand text, "categoryPath" text[], refs jsonb, "changedAt" timestamptz,
  system text, "occurredAt" timestamptz, "receivedAt" timestamptz, version bigint)
ON CONFLICT (id) DO UPDATE SET
  title = excluded.title, description = excluded.description, brand = excluded.brand, category_path = excluded.category_path,
  refs = excluded.refs, changed_at = excluded.changed_at, system = excluded.system, occurred_at = excluded.occurred_at,
  received_at = excluded.received_at, version = excluded.version
WHERE known.version < excluded.version`

const upsertVariants = `
INSERT INTO products.variants AS known
  (id, product_id, sku, gtin, title, options, base_uom, lifecycle, backorderable, media, refs, system, occurred_at, received_at, version)
SELECT "variantId", "productId", sku, gtin, title, options, "baseUom", lifecycle, backorderable, media, refs, system, "occurredAt", "receivedAt", version
FROM jsonb_to_recordset($1::jsonb) AS r(
  "variantId" text, "productId" text, sku text, gtin text, title text, options jsonb, "baseUom" text, lifecycle text,
  backorderable boolean, media jsonb, refs jsonb, system text, "occurredAt" timestamptz, "receivedAt" timestamptz, version bigint)
ON CONFLICT (id) DO UPDATE SET
  product_id = excluded.product_id, sku = excluded.sku, gtin = excluded.gtin, title = excluded.title, options = excluded.options,
  base_uom = excluded.base_uom, lifecycle = excluded.lifecycle, backorderable = excluded.backorderable, media = excluded.media,
  refs = excluded.refs, system = excluded.system, occurred_at = excluded.occurred_at, received_at = excluded.received_at,
  version = excluded.version
WHERE known.version < excluded.version`

const upsertPrices = `
INSERT INTO products.prices AS known
  (id, variant_id, withdrawn, channel_id, price_list, currency, amount_minor, compare_at_minor, valid_from, valid_to, system, occurred_at, received_at, version)
SELECT id, "variantId", withdrawn, "channelId", "priceList", currency, "amountMinor", "compareAtMinor", "validFrom", "validTo", system, "occurredAt", "receivedAt", version
FROM jsonb_to_recordset($1::jsonb) AS r(
  id text, "variantId" text, withdrawn boolean, "channelId" text, "priceList" text, currency text, "amountMinor" bigint,
  "compareAtMinor" bigint, "validFrom" timestamptz, "validTo" timestamptz, system text, "occurredAt" timestamptz,
  "receivedAt" timestamptz, version bigint)
ON CONFLICT (id) DO UPDATE SET
  variant_id = excluded.variant_id, withdrawn = excluded.withdrawn, channel_id = excluded.channel_id, price_list = excluded.price_list,
  currency = excluded.currency, amount_minor = excluded.amount_minor, compare_at_minor = excluded.compare_at_minor,
  valid_from = excluded.valid_from, valid_to = excluded.valid_to, system = excluded.system, occurred_at = excluded.occurred_at,
  received_at = excluded.received_at, version = excluded.version
WHERE known.version < excluded.version`

const updateLifecycles = `
UPDATE products.products p SET lifecycle = derived.lifecycle
FROM (
  SELECT touched.id, coalesce(($2::text[])[min(array_position($2::text[], v.lifecycle))], 'DRAFT') AS lifecycle
  FROM unnest($1::text[]) AS touched(id) LEFT JOIN products.variants v ON v.product_id = touched.id
  GROUP BY touched.id
) derived
WHERE p.id = derived.id AND p.lifecycle <> derived.lifecycle`
