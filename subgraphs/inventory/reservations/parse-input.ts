import { AppError } from '../../../platform/errors/app-error.ts'
import type { Units } from './command.ts'
import type { Owner } from './legs.ts'

export type InvalidReason =
  | 'UNKNOWN_VARIANT'
  | 'UNKNOWN_LOCATION'
  | 'BAD_QUANTITY'
  | 'BAD_LINE_ID'
  | 'TOO_MANY_LINES'
  | 'NO_LINES'
  | 'BAD_TTL'
  | 'BAD_TIME'
  | 'BAD_BUCKETS'
  | 'BAD_TRANSFER'
  | 'BAD_TEXT'

export type InvalidLine = { readonly lineId: string | null; readonly reason: InvalidReason; readonly message: string }

export const mostLines = 200
export const mostUnits = 1_000_000
const longestTtlSeconds = 31 * 86_400
export const longestText = 200

export type LineInput = {
  readonly lineId: string
  readonly variantId?: string | null | undefined
  readonly sku?: string | null | undefined
  readonly quantity: number
  readonly allowSubstitution?: boolean | null | undefined
  readonly allowBackorder?: boolean | null | undefined
  readonly allowPreorder?: boolean | null | undefined
}

type UnitsInput = { readonly reservationId: string; readonly quantity?: number | null | undefined }

/** What is wrong with lines, whatever stock there is; empty when nothing is. */
export function invalidLinesOf(lines: readonly LineInput[]): readonly InvalidLine[] {
  const counted = invalidCountOf(lines.length)
  if (counted.length > 0) return counted
  const seen = new Set<string>()
  return lines.flatMap(({ lineId, variantId, sku, quantity }): readonly InvalidLine[] => {
    if (!isText(lineId) || seen.has(lineId)) {
      const message = `lineId is ${seen.has(lineId) ? 'used twice' : 'empty or too long'}, allowed are 1 to ${longestText} characters, unique`
      return [{ lineId, reason: 'BAD_LINE_ID', message }]
    }
    seen.add(lineId)
    if ((variantId == null) === (sku == null)) {
      const got = variantId == null ? 'neither' : 'both'
      return [{ lineId, reason: 'UNKNOWN_VARIANT', message: `${got} of variantId and sku is given, allowed is one` }]
    }
    return isQuantity(quantity) ? [] : [badQuantity(lineId, quantity)]
  })
}

/** As `invalidLinesOf`, of items that name reservations. */
export function invalidUnitsOf(items: readonly UnitsInput[]): readonly InvalidLine[] {
  const counted = invalidCountOf(items.length)
  if (counted.length > 0) return counted
  return items.flatMap(({ reservationId, quantity }) =>
    quantity == null || isQuantity(quantity) ? [] : [badQuantity(reservationId, quantity)],
  )
}

export function toUnits(items: readonly UnitsInput[]): readonly Units[] {
  return items.map(({ reservationId, quantity }) => ({ reservationId, quantity: quantity ?? null }))
}

export function invalidTtlOf(ttlSeconds: number): readonly InvalidLine[] {
  if (Number.isInteger(ttlSeconds) && ttlSeconds >= 1 && ttlSeconds <= longestTtlSeconds) return []
  const message = `ttlSeconds is ${ttlSeconds}, allowed are 1 to ${longestTtlSeconds}`
  return [{ lineId: null, reason: 'BAD_TTL', message }]
}

export const defaultTtlSeconds: Readonly<Record<Owner['kind'], number>> = {
  CART: 600,
  CHECKOUT: 900,
  ORDER: 172_800,
  QUOTE: 172_800,
}

/** @throws AppError `BAD_USER_INPUT` */
export function checkText(text: string, argument: string): string {
  if (isText(text)) return text
  throw new AppError(
    'BAD_USER_INPUT',
    `Cannot read the request: ${argument} has ${text.length} characters, allowed are 1 to ${longestText}`,
    { details: { argument, allowed: `1 to ${longestText} characters` } },
  )
}

export function isText(text: string): boolean {
  // A NUL cannot be stored, and nobody means one.
  return text.length >= 1 && text.length <= longestText && !text.includes('\0')
}

function isQuantity(quantity: number): boolean {
  return Number.isInteger(quantity) && quantity >= 1 && quantity <= mostUnits
}

function badQuantity(lineId: string, quantity: number): InvalidLine {
  return { lineId, reason: 'BAD_QUANTITY', message: `quantity is ${quantity}, allowed are 1 to ${mostUnits}` }
}

export function invalidCountOf(count: number): readonly InvalidLine[] {
  if (count === 0)
    return [{ lineId: null, reason: 'NO_LINES', message: `no line is given, allowed are 1 to ${mostLines}` }]
  if (count <= mostLines) return []
  const message = `${count} lines are given, allowed are 1 to ${mostLines}`
  return [{ lineId: null, reason: 'TOO_MANY_LINES', message }]
}
