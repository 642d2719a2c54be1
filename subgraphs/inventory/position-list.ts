import {
  type Connection,
  type ConnectionArguments,
  parseConnectionArguments,
  toConnection,
} from '../../platform/connection.ts'
import { hashFilter } from '../../platform/cursor.ts'
import { type StockScope, stockScope } from '../../policies/stock-scope.ts'
import type { Context } from './loaders.ts'
import { checkCount, namedOnce } from './named.ts'
import { type PositionQuestion, readPositionList } from './read-position-list.ts'
import type { PositionRow } from './reads.ts'

export type PositionListArguments = Pick<ConnectionArguments, 'first' | 'after'> & {
  readonly filter?:
    | {
        readonly locationIds?: readonly string[] | null | undefined
        readonly variantIds?: readonly string[] | null | undefined
        readonly skus?: readonly string[] | null | undefined
        /** The SDL gives those that are absent their default. */
        readonly oversoldOnly?: boolean
        readonly anomaliesOnly?: boolean
      }
    | null
    | undefined
}

const doing = 'list positions'

/** By variant id and location id. @throws AppError `BAD_USER_INPUT`, `CURSOR_INVALID` */
export async function resolvePositionList(
  { filter, first, after }: PositionListArguments,
  { load, cursors, viewer, database }: Context,
): Promise<Connection<PositionRow>> {
  const page = parseConnectionArguments({ first, after })
  const { oversoldOnly = false, anomaliesOnly = false } = filter ?? {}
  const locationIds = namedOnce(filter?.locationIds, 'filter.locationIds', doing)
  const variantIds = namedOnce(filter?.variantIds, 'filter.variantIds', doing)
  const skus = namedOnce(filter?.skus, 'filter.skus', doing)
  if (variantIds !== null && skus !== null) {
    checkCount(variantIds.length + skus.length, 'filter.variantIds with filter.skus', doing)
  }
  const scope = stockScope(viewer)
  const filterHash = hashFilter([viewer.tenant, scope, locationIds, variantIds, skus, oversoldOnly, anomaliesOnly])
  const target = { scope: 'Query.inventoryPositions', filterHash }
  const above = page.cursor === null ? [] : cursors.decode(page.cursor, target)
  const found = skus === null ? null : await load.variantIdBySku.loadMany(skus)
  const question: PositionQuestion = {
    locationIds: seenOf(locationIds, scope),
    variantIds: unionOf(variantIds, found),
    oversoldOnly,
    anomaliesOnly,
    above: { variantId: String(above[0] ?? ''), locationId: String(above[1] ?? '') },
    limit: page.size + 1,
  }
  const rows = await readPositionList(database, question)
  return toConnection(rows, page, ({ variantId, locationId }) =>
    cursors.encode({ ...target, values: [variantId, locationId] }),
  )
}

/** @returns null: all */
export function seenOf(locationIds: readonly string[] | null, scope: StockScope): readonly string[] | null {
  if (scope.kind === 'all') return locationIds
  return locationIds === null ? scope.locationIds : locationIds.filter((id) => scope.locationIds.includes(id))
}

/** @returns null: all */
export function unionOf(
  ids: readonly string[] | null,
  found: readonly (string | null)[] | null,
): readonly string[] | null {
  if (ids === null && found === null) return null
  return [...new Set([...(ids ?? []), ...(found ?? [])])].filter((id) => id !== null)
}
