import { toTimestamp } from '../../../platform/connector/document-fields.ts'
import { refusal } from '../request.ts'

const most = { lines: 200, units: 1_000_000, deadlineDays: 366, aheadMs: 60_000 }
const defaultDeadlineDays = 30
const dayMs = 86_400_000

/** Each key at most once. @throws AppError `BAD_USER_INPUT` */
export function checkLines<L extends { readonly quantity: number }>(
  lines: readonly L[],
  keyOf: ((line: L) => string) | null,
): readonly L[] {
  if (lines.length < 1 || lines.length > most.lines) {
    throw refusal('lines', `${lines.length} entries`, `1 to ${most.lines}`)
  }
  for (const [at, { quantity }] of lines.entries()) {
    if (quantity < 1 || quantity > most.units) {
      throw refusal(`lines.${at}.quantity`, String(quantity), `1 to ${most.units}`)
    }
  }
  const repeated = keyOf === null ? undefined : lines.map(keyOf).find((key, at, keys) => keys.indexOf(key) !== at)
  if (repeated !== undefined) throw refusal('lines', `${repeated.slice(0, 60)} twice`, 'each once')
  return lines
}

/** By when it is to be back; a date. @throws AppError `BAD_USER_INPUT` */
export function toDeadline(given: string | null | undefined, now: Date): string {
  const dateIn = (days: number) => new Date(now.getTime() + days * dayMs).toISOString().slice(0, 10)
  if (given == null) return dateIn(defaultDeadlineDays)
  const [first, last] = [dateIn(0), dateIn(most.deadlineDays)]
  const read = toTimestamp(given)?.slice(0, 10)
  if (read === given && given >= first && given <= last) return given
  throw refusal('deadline', given.slice(0, 40), `a date from ${first} to ${last}`)
}

/** When it came in. @throws AppError `BAD_USER_INPUT` */
export function toReceivedAt(given: string | null | undefined, now: Date): string {
  if (given == null) return now.toISOString()
  const read = toTimestamp(given)
  if (read !== null && Date.parse(read) <= now.getTime() + most.aheadMs) return read
  throw refusal('receivedAt', given.slice(0, 40), 'an RFC 3339 instant, at most a minute ahead')
}
