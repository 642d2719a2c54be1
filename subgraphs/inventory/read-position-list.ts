import type { Queryable } from '../../platform/sql/database.ts'
import type { PositionKey } from './position-id.ts'
import { type PositionRecord, type PositionRow, positionColumns, toPosition } from './reads.ts'

export type PositionQuestion = {
  /** null: all. */
  readonly locationIds: readonly string[] | null
  readonly variantIds: readonly string[] | null
  /** Those of open shortfalls. */
  readonly oversoldOnly: boolean
  readonly anomaliesOnly: boolean
  /** Before the first one: of empty ids. */
  readonly above: PositionKey
  readonly limit: number
}

/** By variant id and location id; those at a location not heard of yet wait for it. */
export async function readPositionList(
  database: Queryable,
  question: PositionQuestion,
): Promise<readonly PositionRow[]> {
  const { locationIds, variantIds, above, limit } = question
  if (locationIds?.length === 0 || variantIds?.length === 0) return []
  const { rows } = await database.query<PositionRecord>(textOf(question), [
    ...[above.variantId, above.locationId, limit, variantIds, locationIds],
  ])
  return rows.map(toPosition)
}

/** What lets fewest through leads. Of a few names each is searched by itself, so that none is read beyond the page. */
function textOf({ oversoldOnly, anomaliesOnly, variantIds, locationIds }: PositionQuestion): string {
  if (oversoldOnly) return anomaliesOnly ? ofShortfallsWithAnomaly : ofShortfalls
  if (anomaliesOnly) return ofAnomalies
  if (variantIds !== null) return ofVariants
  return locationIds === null ? ofAll : ofLocations
}

const shown = `NOT p.withdrawn AND EXISTS (SELECT FROM inventory.locations AS place WHERE place.id = p.location_id)`
const ofThese = `($4::text[] IS NULL OR p.variant_id = ANY ($4))`
const atThese = `($5::text[] IS NULL OR p.location_id = ANY ($5))`
const named = `${ofThese} AND ${atThese}`
const beyond = `(p.variant_id, p.location_id) > ($1, $2)`
const inOrder = `ORDER BY p.variant_id, p.location_id LIMIT $3`

const ofAll = `SELECT ${positionColumns} FROM inventory.positions AS p WHERE ${shown} AND ${named} AND ${beyond} ${inOrder}`

const ofAnomalies = `
SELECT ${positionColumns} FROM inventory.positions AS p
WHERE p.anomaly IS NOT NULL AND ${shown} AND ${named} AND ${beyond} ${inOrder}`

const ofShortfalls = shortfallsText('')
const ofShortfallsWithAnomaly = shortfallsText('AND p.anomaly IS NOT NULL')

const ofVariants = `
SELECT ${positionColumns} FROM unnest($4::text[]) AS named (id) CROSS JOIN LATERAL (
  SELECT * FROM inventory.positions AS p
  WHERE p.variant_id = named.id AND ${shown} AND ${beyond} AND ${atThese}
  ORDER BY p.location_id LIMIT $3) AS p
${inOrder}`

// The bound by variant alone is what the index of locations knows.
const ofLocations = `
SELECT ${positionColumns} FROM unnest($5::text[]) AS named (id) CROSS JOIN LATERAL (
  SELECT * FROM inventory.positions AS p
  WHERE p.location_id = named.id AND ${shown} AND p.variant_id >= $1 AND ${beyond} AND ${ofThese}
  ORDER BY p.variant_id LIMIT $3) AS p
${inOrder}`

function shortfallsText(condition: string): string {
  return `
SELECT ${positionColumns} FROM (
  SELECT variant_id AS short_variant, location_id AS short_location FROM inventory.shortfalls
  WHERE resolved_at IS NULL AND (variant_id, location_id) > ($1, $2)) AS short
JOIN inventory.positions AS p ON p.variant_id = short_variant AND p.location_id = short_location
WHERE ${shown} AND ${named} ${condition}
ORDER BY short_variant, short_location LIMIT $3`
}
