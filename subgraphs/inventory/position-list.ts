import {
  type Connection,
  type ConnectionArguments,
  parseConnectionArguments,
  toConnection,
} from '../../platform/connection.ts'
import { hashFilter } from '../../platform/cursor.ts'
import { stockScope } from '../../policies/stock-scope.ts'
import type { Context } from './loaders.ts'
import { idsOfVariants, namedOnce, namedVariants, seenOf } from './named.ts'
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
  const variants = namedVariants(filter, doing)
  const scope = stockScope(viewer)
  const filterHash = hashFilter([viewer.tenant, scope, locationIds, variants, oversoldOnly, anomaliesOnly])
  const target = { scope: 'Query.inventoryPositions', filterHash }
  const above = page.cursor === null ? [] : cursors.decode(page.cursor, target)
  const question: PositionQuestion = {
    locationIds: seenOf(locationIds, scope),
    variantIds: await idsOfVariants(variants, load),
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
