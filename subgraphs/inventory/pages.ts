import {
  type Connection,
  type ConnectionArguments,
  type Page,
  parseConnectionArguments,
  toConnection,
} from '../../platform/connection.ts'
import { hashFilter } from '../../platform/cursor.ts'
import { isInStockScope, stockScope } from '../../policies/stock-scope.ts'
import type { Context } from './loaders.ts'
import type { LocationRow } from './network.ts'
import type { PositionRow } from './reads.ts'

/** Locations by code. */
export async function loadLocationPage(
  given: ConnectionArguments & { readonly kind?: LocationRow['kind'] | null | undefined },
  { load, cursors, viewer }: Context,
): Promise<Connection<LocationRow>> {
  const page = parseConnectionArguments(given)
  const kind = given.kind ?? null
  const target = { scope: 'Query.locations', filterHash: hashFilter([viewer.tenant, kind]) }
  const { sorted } = await load.network()
  const rows = sorted.filter((location) => kind === null || location.kind === kind)
  const keyOf = ({ code, id }: LocationRow) => [code, id] as const
  const from = page.cursor === null ? null : cursors.decode(page.cursor, target).map(String)
  return toConnection(slice(rows, keyOf, page, from), page, (row) => cursors.encode({ ...target, values: keyOf(row) }))
}

/** Positions of a variant by location code; those at a location not heard of yet wait for it. */
export async function loadPositionPage(
  variantId: string,
  given: ConnectionArguments,
  { load, cursors, viewer }: Context,
): Promise<Connection<PositionRow>> {
  const page = parseConnectionArguments(given)
  const scope = stockScope(viewer)
  const target = { scope: 'Variant.positions', filterHash: hashFilter([viewer.tenant, scope, variantId]) }
  const [network, positions] = await Promise.all([load.network(), load.positionsOfVariant.load(variantId)])
  const codeOf = ({ locationId }: PositionRow) => network.locations.get(locationId)?.code ?? ''
  const keyOf = (row: PositionRow) => [codeOf(row), row.locationId] as const
  const rows = (positions ?? [])
    .filter(({ locationId }) => network.locations.has(locationId) && isInStockScope(scope, locationId))
    .toSorted((a, b) => compareKeys(keyOf(a), keyOf(b)))
  const from = page.cursor === null ? null : cursors.decode(page.cursor, target).map(String)
  return toConnection(slice(rows, keyOf, page, from), page, (row) => cursors.encode({ ...target, values: keyOf(row) }))
}

/** The rows of a page, one too many, in the order of reading; `rows` ascend by key. */
function slice<T>(
  rows: readonly T[],
  keyOf: (row: T) => readonly string[],
  page: Page,
  from: readonly string[] | null,
): readonly T[] {
  const forward = page.direction === 'forward'
  const beyond = rows.filter((row) => from === null || compareKeys(keyOf(row), from) * (forward ? 1 : -1) > 0)
  return (forward ? beyond : beyond.toReversed()).slice(0, page.size + 1)
}

function compareKeys(a: readonly string[], b: readonly string[]): number {
  for (const [index, part] of a.entries()) {
    const other = b[index] ?? ''
    if (part !== other) return part < other ? -1 : 1
  }
  return 0
}
