import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { EventData } from './events.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { PriceRow } from './price.ts'

// Rows hold JSON values only, so that they live in any cache tier: times are RFC 3339 text, 64-bit numbers text.

type Origin = { readonly system: string; readonly occurredAt: string | null; readonly receivedAt: string }

export type ProductRow = Origin & {
  readonly id: string
  readonly title: string
  readonly description: string | null
  readonly brand: string | null
  readonly categoryPath: readonly string[]
  readonly lifecycle: Lifecycle
  readonly refs: readonly { readonly system: string; readonly value: string }[]
  readonly changedAt: string
}

export type VariantRow = Origin &
  Readonly<Omit<EventData<'retail.variant.changed.v1'>, 'variantId' | 'former' | 'origin'>> & { readonly id: string }

/** @returns one entry per id, in order; null where nothing is known. */
export async function readProducts(
  database: Queryable,
  ids: readonly string[],
): Promise<readonly (ProductRow | null)[]> {
  const { rows } = await database.query<ProductRecord>(`${selectProducts} WHERE id = ANY($1)`, [ids])
  const byId = new Map(rows.map((row) => [row.id, toProduct(row)]))
  return ids.map((id) => byId.get(id) ?? null)
}

/** @returns one entry per id, in order; null where nothing is known. */
export async function readVariants(
  database: Queryable,
  ids: readonly string[],
): Promise<readonly (VariantRow | null)[]> {
  const { rows } = await database.query<VariantRecord>(selectVariants, [ids])
  const byId = new Map(rows.map((row) => [row.id, toVariant(row)]))
  return ids.map((id) => byId.get(id) ?? null)
}

/** The variant that has a SKU now: a live one before a discontinued one. One entry per SKU, in order. */
export async function readVariantIdsBySku(
  database: Queryable,
  skus: readonly string[],
): Promise<readonly (string | null)[]> {
  const { rows } = await database.query<{ key: string; id: string }>(
    `SELECT DISTINCT ON (sku) sku AS key, id FROM products.variants WHERE sku = ANY($1)
     ORDER BY sku, lifecycle IN ('DISCONTINUED', 'ARCHIVED'), id`,
    [skus],
  )
  const ids = new Map(rows.map((row) => [row.key, row.id]))
  return skus.map((sku) => ids.get(sku) ?? null)
}

/** As `readVariantIdsBySku`, by GTIN. */
export async function readVariantIdsByGtin(
  database: Queryable,
  gtins: readonly string[],
): Promise<readonly (string | null)[]> {
  const { rows } = await database.query<{ key: string; id: string }>(
    `SELECT DISTINCT ON (gtin) gtin AS key, id FROM products.variants WHERE gtin = ANY($1)
     ORDER BY gtin, lifecycle IN ('DISCONTINUED', 'ARCHIVED'), id`,
    [gtins],
  )
  const ids = new Map(rows.map((row) => [row.key, row.id]))
  return gtins.map((gtin) => ids.get(gtin) ?? null)
}

/** One list per product, in order, each by SKU; empty where the product has none. */
export async function readVariantIdsOfProducts(
  database: Queryable,
  productIds: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const { rows } = await database.query<{ product_id: string; ids: string[] }>(
    `SELECT product_id, array_agg(id ORDER BY sku, id) AS ids FROM products.variants WHERE product_id = ANY($1) GROUP BY product_id`,
    [productIds],
  )
  const ids = new Map(rows.map((row) => [row.product_id, row.ids]))
  return productIds.map((id) => ids.get(id) ?? [])
}

/** One list per variant, in order, each by channel (those for all channels last) then list; empty where there is none. */
export async function readPricesOfVariants(
  database: Queryable,
  variantIds: readonly string[],
): Promise<readonly (readonly PriceRow[])[]> {
  const { rows } = await database.query<PriceRecord>(
    `SELECT variant_id, channel_id, price_list, currency, amount_minor, compare_at_minor, valid_from, valid_to, system, occurred_at, received_at
     FROM products.prices WHERE variant_id = ANY($1) AND NOT withdrawn
     ORDER BY variant_id, channel_id NULLS LAST, price_list, valid_from NULLS FIRST, id`,
    [variantIds],
  )
  const prices = groupBy(rows, (row) => row.variant_id)
  return variantIds.map((id) => prices.get(id)?.map(toPrice) ?? [])
}

export type ProductPage = {
  readonly words: readonly string[]
  readonly categoryPrefix: readonly string[]
  /** null: every lifecycle. */
  readonly lifecycle: readonly Lifecycle[] | null
  /** Rows strictly behind this one in the direction read; null from the start. */
  readonly from: { readonly changedAt: string; readonly id: string } | null
  readonly direction: 'newest-first' | 'oldest-first'
  readonly limit: number
}

export async function readProductPage(database: Queryable, page: ProductPage): Promise<readonly ProductRow[]> {
  const [beyond, order] = page.direction === 'newest-first' ? ['<', 'DESC'] : ['>', 'ASC']
  const { rows } = await database.query<ProductRecord>(
    `${selectProducts}
     WHERE ($1::timestamptz IS NULL OR (changed_at, id) ${beyond} ($1::timestamptz, $2::text))
       AND ($3::text[] IS NULL OR lifecycle = ANY($3))
       AND category_path[1:cardinality($4::text[])] = $4::text[]
       AND (title || ' ' || coalesce(brand, '')) ILIKE ALL ($5::text[])
     ORDER BY changed_at ${order}, id ${order} LIMIT $6`,
    [
      page.from?.changedAt ?? null,
      page.from?.id ?? null,
      page.lifecycle,
      page.categoryPrefix,
      page.words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`),
      page.limit,
    ],
  )
  return rows.map(toProduct)
}

const selectProducts = `SELECT id, title, description, brand, category_path, lifecycle, refs, changed_at, system, occurred_at, received_at
 FROM products.products`

const selectVariants = `SELECT id, product_id, sku, gtin, title, options, base_uom, lifecycle, backorderable, media, refs, system, occurred_at, received_at
 FROM products.variants WHERE id = ANY($1)`

type OriginRecord = { system: string; occurred_at: Date | null; received_at: Date }

type ProductRecord = OriginRecord &
  Pick<ProductRow, 'id' | 'title' | 'description' | 'brand' | 'lifecycle' | 'refs'> & {
    category_path: readonly string[]
    changed_at: Date
  }

type VariantRecord = OriginRecord &
  Omit<VariantRow, 'productId' | 'baseUom' | 'occurredAt' | 'receivedAt'> & {
    product_id: string
    base_uom: VariantRow['baseUom']
  }

type PriceRecord = OriginRecord & {
  variant_id: string
  channel_id: string | null
  price_list: string
  currency: string
  amount_minor: bigint
  compare_at_minor: bigint | null
  valid_from: Date | null
  valid_to: Date | null
}

function toOrigin(row: OriginRecord): Origin {
  return {
    system: row.system,
    occurredAt: row.occurred_at?.toISOString() ?? null,
    receivedAt: row.received_at.toISOString(),
  }
}

function toProduct(row: ProductRecord): ProductRow {
  const { id, title, description, brand, lifecycle, refs } = row
  const shape = { id, title, description, brand, lifecycle, refs }
  return { ...shape, categoryPath: row.category_path, changedAt: row.changed_at.toISOString(), ...toOrigin(row) }
}

function toVariant(row: VariantRecord): VariantRow {
  const { id, sku, gtin, title, options, lifecycle, backorderable, media, refs } = row
  const shape = { id, sku, gtin, title, options, lifecycle, backorderable, media, refs }
  return { ...shape, productId: row.product_id, baseUom: row.base_uom, ...toOrigin(row) }
}

function toPrice(row: PriceRecord): PriceRow {
  return {
    channelId: row.channel_id,
    priceList: row.price_list,
    currency: row.currency,
    amountMinor: row.amount_minor.toString(),
    compareAtMinor: row.compare_at_minor?.toString() ?? null,
    validFrom: row.valid_from?.toISOString() ?? null,
    validTo: row.valid_to?.toISOString() ?? null,
    ...toOrigin(row),
  }
}
