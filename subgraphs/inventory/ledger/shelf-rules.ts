import type { Transaction } from '../../../platform/sql/database.ts'
import type { PositionKey } from '../position-id.ts'
import { inForce, type SafetyRule } from '../rules.ts'
import { termSchemas } from '../term-schemas.ts'
import { readCategoriesOfProducts } from '../terms-reads.ts'

/** Those that hold at a position at a moment. */
export type ShelfRules = (place: PositionKey, atMs: number) => readonly SafetyRule[]

/** Safety rules of no channel or method, which hold for the shelf itself. */
export async function readShelfRules(transaction: Transaction, places: readonly PositionKey[]): Promise<ShelfRules> {
  const variantIds = [...new Set(places.map(({ variantId }) => variantId))]
  const { rows } = await transaction.query<{ id: string; data: unknown }>(
    `SELECT id, data FROM inventory.terms WHERE kind = 'safety-rule' AND NOT withdrawn
       AND (variant_id IS NULL OR variant_id = ANY($1)) AND (data->>'locationId' IS NULL OR data->>'locationId' = ANY($2))
       AND data->>'channelId' IS NULL AND data->>'method' IS NULL`,
    [variantIds, [...new Set(places.map(({ locationId }) => locationId))]],
  )
  const rules = rows.flatMap(({ id, data }): readonly SafetyRule[] => {
    const parsed = termSchemas['safety-rule'].safeParse(data)
    return parsed.success ? [{ ...parsed.data, id }] : []
  })
  const byCategory = rules.some(({ category }) => category !== null)
  const categories = byCategory ? await readCategories(transaction, variantIds) : new Map<string, readonly string[]>()
  return ({ variantId, locationId }, atMs) =>
    rules.filter(
      (rule) =>
        (rule.variantId === null || rule.variantId === variantId) &&
        (rule.locationId === null || rule.locationId === locationId) &&
        (rule.category === null || categories.get(variantId)?.includes(rule.category) === true) &&
        inForce(rule, atMs),
    )
}

async function readCategories(
  transaction: Transaction,
  variantIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await transaction.query<{ id: string; product_id: string }>(
    'SELECT id, product_id FROM inventory.variants WHERE id = ANY($1) AND product_id IS NOT NULL',
    [variantIds],
  )
  const productIds = rows.map(({ product_id }) => product_id)
  const paths = await readCategoriesOfProducts(transaction, productIds)
  return new Map(rows.map(({ id }, at) => [id, paths[at] ?? []]))
}
