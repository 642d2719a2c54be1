import { AppError } from '../../platform/errors/app-error.ts'
import { isText, longestText } from './reservations/parse-input.ts'

/** What one filter may name at once: each name is a search of an index. */
export const mostNamed = 200

/**
 * The names of a filter, each once, in one order.
 * @param doing completes "Cannot …" where it is refused
 * @returns null where none were given: all
 * @throws AppError `BAD_USER_INPUT`
 */
export function namedOnce<T extends string>(
  names: readonly T[] | null | undefined,
  argument: string,
  doing: string,
): readonly T[] | null {
  if (names == null) return null
  const bad = names.find((name) => !isText(name))
  if (bad !== undefined) {
    throw refusal(
      doing,
      argument,
      `an entry of ${bad.length} characters`,
      `1 to ${longestText} characters, none of them NUL`,
    )
  }
  checkCount(names.length, argument, doing)
  return [...new Set(names)].sort()
}

/** @throws AppError `BAD_USER_INPUT` */
export function checkCount(count: number, argument: string, doing: string): void {
  if (count < 1 || count > mostNamed) throw refusal(doing, argument, `${count} entries`, `1 to ${mostNamed}`)
}

function refusal(doing: string, argument: string, got: string, allowed: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot ${doing}: ${argument} has ${got}, allowed are ${allowed}`, {
    details: { argument, allowed },
  })
}
