import { AppError } from '../../platform/errors/app-error.ts'
import type { StockScope } from '../../policies/stock-scope.ts'
import type { Loaders } from './loaders.ts'
import { isText, longestText } from './reservations/parse-input.ts'

// What filters of lists name. `doing` completes "Cannot …" where it is refused; every function throws AppError `BAD_USER_INPUT`.

/** Each name is a search of an index. */
const mostNamed = 200
const mostRows = 100

export type NamedVariants = { readonly variantIds: readonly string[] | null; readonly skus: readonly string[] | null }

type Given<T> = readonly T[] | null | undefined

/** Each name once, in one order. @returns null where none were given: all */
export function namedOnce(names: Given<string>, argument: string, doing: string): readonly string[] | null {
  if (names == null) return null
  const bad = names.find((name) => !isText(name))
  if (bad !== undefined) {
    const allowed = `1 to ${longestText} characters, none of them NUL`
    throw refusal(doing, argument, `has an entry of ${bad.length} characters`, allowed)
  }
  checkCount(names.length, argument, doing)
  return [...new Set(names)].sort()
}

export function namedVariants(
  filter: { readonly variantIds?: Given<string>; readonly skus?: Given<string> } | null | undefined,
  doing: string,
): NamedVariants {
  const variantIds = namedOnce(filter?.variantIds, 'filter.variantIds', doing)
  const skus = namedOnce(filter?.skus, 'filter.skus', doing)
  if (variantIds !== null && skus !== null) {
    checkCount(variantIds.length + skus.length, 'filter.variantIds with filter.skus', doing)
  }
  return { variantIds, skus }
}

/** Their ids; an unknown SKU has none. @returns null: all */
export async function idsOfVariants(
  { variantIds, skus }: NamedVariants,
  load: Pick<Loaders, 'variantIdBySku'>,
): Promise<readonly string[] | null> {
  if (skus === null) return variantIds
  const found = await load.variantIdBySku.loadMany(skus)
  return [...new Set([...(variantIds ?? []), ...found])].filter((id) => id !== null)
}

/** Those of a closed list, in its order. @returns null where none were given */
export function someOf<T extends string>(
  all: readonly T[],
  given: Given<T>,
  argument: string,
  doing: string,
): readonly T[] | null {
  if (given == null) return null
  if (given.length === 0) throw refusal(doing, argument, 'has 0 entries', `some of ${all.join(', ')}`)
  return all.filter((one) => given.includes(one))
}

/** What of the locations that were named a viewer sees. @returns null: all */
export function seenOf(locationIds: readonly string[] | null, scope: StockScope): readonly string[] | null {
  if (scope.kind === 'all') return locationIds
  return locationIds === null ? scope.locationIds : locationIds.filter((id) => scope.locationIds.includes(id))
}

export function checkFirst(first: number, doing: string): void {
  if (Number.isInteger(first) && first >= 1 && first <= mostRows) return
  throw refusal(doing, 'first', `is ${first}`, `1 to ${mostRows}`)
}

function checkCount(count: number, argument: string, doing: string): void {
  if (count < 1 || count > mostNamed) throw refusal(doing, argument, `has ${count} entries`, `1 to ${mostNamed}`)
}

function refusal(doing: string, argument: string, got: string, allowed: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot ${doing}: ${argument} ${got}, allowed are ${allowed}`, {
    details: { argument, allowed },
  })
}
