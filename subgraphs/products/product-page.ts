import {
  type Connection,
  type ConnectionArguments,
  parseConnectionArguments,
  toConnection,
} from '../../platform/connection.ts'
import { hashFilter } from '../../platform/cursor.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { isPublished, seesUnpublished } from '../../policies/product-scope.ts'
import { type Lifecycle, lifecycles } from './lifecycle.ts'
import type { Context } from './loaders.ts'
import { type ProductRow, readProductPage } from './reads.ts'

export type ProductFilterInput = {
  readonly text?: string | null | undefined
  readonly categoryPrefix?: readonly string[] | null | undefined
  readonly lifecycle?: readonly Lifecycle[] | null | undefined
}

const maxTextLength = 200
const maxWords = 10
const maxCategoryDepth = 20

/** @throws AppError `BAD_USER_INPUT` or `CURSOR_INVALID` */
export async function loadProductPage(
  given: ConnectionArguments & { readonly filter?: ProductFilterInput | null | undefined },
  { database, cursors, viewer }: Context,
): Promise<Connection<ProductRow>> {
  const asked = toFilter(given.filter ?? {})
  const filter = seesUnpublished(viewer)
    ? asked
    : { ...asked, lifecycle: (asked.lifecycle ?? lifecycles).filter(isPublished) }
  const page = parseConnectionArguments(given)
  const target = { scope: 'Query.products', filterHash: hashFilter([viewer.tenant, filter]) }
  const rows = await readProductPage(database, {
    ...filter,
    from: page.cursor === null ? null : toKey(cursors.decode(page.cursor, target)),
    direction: page.direction === 'forward' ? 'newest-first' : 'oldest-first',
    limit: page.size + 1,
  })
  return toConnection(rows, page, ({ changedAt, id }) => cursors.encode({ ...target, values: [changedAt, id] }))
}

function toFilter({ text, categoryPrefix, lifecycle }: ProductFilterInput) {
  const words = (text ?? '').split(/\s+/).filter((word) => word !== '')
  if ((text ?? '').length > maxTextLength || words.length > maxWords || words.some((word) => word.includes('\u0000'))) {
    throw refusal('text', `at most ${maxTextLength} characters and ${maxWords} words`)
  }
  const prefix = categoryPrefix ?? []
  if (prefix.length > maxCategoryDepth) throw refusal('categoryPrefix', `at most ${maxCategoryDepth} names`)
  if (prefix.some((name) => name.includes('\u0000'))) throw refusal('categoryPrefix', 'text without NUL characters')
  return { words, categoryPrefix: prefix, lifecycle: lifecycle ?? null }
}

function toKey([changedAt, id]: readonly unknown[]) {
  return { changedAt: String(changedAt), id: String(id) }
}

function refusal(field: string, allowed: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot list products: filter.${field} is too long, allowed is ${allowed}`, {
    details: { argument: `filter.${field}`, allowed },
  })
}
