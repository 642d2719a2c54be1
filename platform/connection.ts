import { AppError } from './errors/app-error.ts'

/** The four arguments of a GraphQL Cursor Connection, as GraphQL delivers them. */
export type ConnectionArguments = {
  readonly first?: number | null | undefined
  readonly after?: string | null | undefined
  readonly last?: number | null | undefined
  readonly before?: string | null | undefined
}

/** Which rows to read: `size` of them, forward after `cursor` or backward before it; null: from that end. */
export type Page = {
  readonly direction: 'forward' | 'backward'
  readonly size: number
  readonly cursor: string | null
}

export type PageLimits = { readonly defaultSize: number; readonly maxSize: number }

export const defaultPageLimits: PageLimits = { defaultSize: 25, maxSize: 100 }

export type Connection<T> = {
  readonly edges: readonly { readonly cursor: string; readonly node: T }[]
  readonly pageInfo: {
    readonly hasNextPage: boolean
    readonly hasPreviousPage: boolean
    readonly startCursor: string | null
    readonly endCursor: string | null
  }
}

/** @throws AppError `BAD_USER_INPUT` when a size is out of range or the arguments contradict each other. */
export function parseConnectionArguments(given: ConnectionArguments, limits: PageLimits = defaultPageLimits): Page {
  const { first, after, last, before } = given
  if (first != null && last != null) throw refusal('first', 'first and last are both given, allowed is one of them')
  if (after != null && before != null) throw refusal('after', 'after and before are both given, allowed is one of them')
  if (last != null && after != null)
    throw refusal('after', 'after is given with last, allowed is first with after, or last with before')
  if (first != null && before != null)
    throw refusal('before', 'before is given with first, allowed is first with after, or last with before')
  if (last != null || before != null) {
    return { direction: 'backward', size: sizeOf('last', last, limits), cursor: before ?? null }
  }
  return { direction: 'forward', size: sizeOf('first', first, limits), cursor: after ?? null }
}

/**
 * Shapes rows read for `page` into a connection.
 * @param rows up to `page.size + 1` rows in the order of reading (a backward page nearest to the cursor first): the one too many tells that there are more
 */
export function toConnection<T>(rows: readonly T[], page: Page, cursorOf: (row: T) => string): Connection<T> {
  const forward = page.direction === 'forward'
  const read = rows.slice(0, page.size)
  const edges = (forward ? read : read.toReversed()).map((node) => ({ cursor: cursorOf(node), node }))
  const more = rows.length > page.size
  return {
    edges,
    pageInfo: {
      hasNextPage: forward ? more : page.cursor !== null,
      hasPreviousPage: forward ? page.cursor !== null : more,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  }
}

function sizeOf(argument: 'first' | 'last', given: number | null | undefined, limits: PageLimits): number {
  if (given == null) return limits.defaultSize
  if (Number.isInteger(given) && given >= 1 && given <= limits.maxSize) return given
  throw refusal(argument, `${argument} is ${given}, allowed is 1 to ${limits.maxSize}`, given)
}

function refusal(argument: string, text: string, got?: number): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot page: ${text}`, {
    details: { argument, ...(got === undefined ? {} : { got }) },
  })
}
