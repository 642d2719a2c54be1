import {
  type Connection,
  type ConnectionArguments,
  parseConnectionArguments,
  toConnection,
} from '../../platform/connection.ts'
import { hashFilter } from '../../platform/cursor.ts'
import { isInStockScope, stockScope } from '../../policies/stock-scope.ts'
import type { Context } from './loaders.ts'
import { checkFirst, idsOfVariants, namedOnce, namedVariants, seenOf, someOf } from './named.ts'
import { readSupplies, type SupplyQuestion, type SupplyRow } from './read-supplies.ts'
import { supplyKinds, supplyStates } from './vocabulary.ts'

type State = SupplyRow['state']
type States = { readonly states?: readonly State[] | null | undefined }

export type SupplyListArguments = Pick<ConnectionArguments, 'first' | 'after'> & {
  readonly filter?:
    | (States & {
        readonly locationIds?: readonly string[] | null | undefined
        readonly variantIds?: readonly string[] | null | undefined
        readonly skus?: readonly string[] | null | undefined
        readonly kinds?: readonly SupplyRow['kind'][] | null | undefined
        readonly dueBefore?: string | null | undefined
      })
    | null
    | undefined
}

const doing = 'list supply'

/** By when they are due. @throws AppError `BAD_USER_INPUT`, `CURSOR_INVALID` */
export async function resolveSupplyList(
  { filter, first, after }: SupplyListArguments,
  { load, cursors, viewer, database }: Context,
): Promise<Connection<SupplyRow>> {
  const page = parseConnectionArguments({ first, after })
  const locationIds = namedOnce(filter?.locationIds, 'filter.locationIds', doing)
  const variants = namedVariants(filter, doing)
  const kinds = someOf(supplyKinds, filter?.kinds, 'filter.kinds', doing) ?? supplyKinds
  const states = someOf(supplyStates, filter?.states, 'filter.states', doing) ?? openStates
  const dueBefore = filter?.dueBefore == null ? null : new Date(filter.dueBefore).toISOString()
  const scope = stockScope(viewer)
  const filterHash = hashFilter([viewer.tenant, scope, locationIds, variants, kinds, states, dueBefore])
  const target = { scope: 'Query.supplyRecords', filterHash }
  const above = page.cursor === null ? [] : cursors.decode(page.cursor, target)
  const question: SupplyQuestion = {
    locationIds: seenOf(locationIds, scope),
    variantIds: await idsOfVariants(variants, load),
    kinds,
    states,
    dueBefore,
    above: { eta: String(above[0] ?? ''), id: String(above[1] ?? '') },
    limit: page.size + 1,
  }
  const rows = await readSupplies(database, question)
  return toConnection(rows, page, ({ eta, id }) => cursors.encode({ ...target, values: [eta, id] }))
}

/** As `resolveSupplyList`, of one variant. @throws AppError `BAD_USER_INPUT` */
export async function resolveSuppliesOf(
  variantId: string,
  { first, ...given }: States & { readonly first: number },
  { load, viewer }: Context,
): Promise<readonly SupplyRow[]> {
  checkFirst(first, doing)
  const states = someOf(supplyStates, given.states, 'states', doing) ?? openStates
  const scope = stockScope(viewer)
  const supplies = await load.suppliesOfVariant(variantId)
  return supplies
    .filter(({ state, locationId }) => states.includes(state) && isInStockScope(scope, locationId))
    .slice(0, first)
}

/** Of which units may still come. */
const openStates: readonly State[] = ['PLACED', 'CONFIRMED', 'IN_TRANSIT', 'PARTIALLY_RECEIVED']
