import { z } from 'zod'
import { AppError } from '../errors/app-error.ts'
import { isCurrency, parseMoney } from '../money.ts'
import { describeValue, parseWith } from '../parse.ts'
import type { NaturalKey, NormalizeContext, SourceDocument } from './connector.ts'

/**
 * Reads a document's `data` by its kind's schema.
 * @throws AppError `SOURCE_DATA_INVALID` naming each wrong field, its value and what is allowed.
 */
export function parseDocument<S extends z.ZodType>(schema: S, document: SourceDocument): z.output<S> {
  return parseWith(schema, document.data, {
    what: `${document.kind} document of ${document.system}`,
    code: 'SOURCE_DATA_INVALID',
  })
}

/** What the same thing looked like when it was last normalised; null the first time, or when the rules have changed since. */
export function parsePrevious<S extends z.ZodType>(schema: S, { previous }: NormalizeContext): z.output<S> | null {
  return previous === null ? null : (schema.safeParse(previous).data ?? null)
}

const timestampPattern = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))? ?(Z|[+-]\d\d(?::?\d\d)?))?$/

/**
 * A source's time: RFC 3339 with zone, a PostgreSQL `timestamptz` as text, or a date, which is midnight UTC.
 * @returns RFC 3339 UTC with milliseconds (finer digits are cut), or null when it is none of these.
 */
export function toTimestamp(text: string): string | null {
  const match = timestampPattern.exec(text.trim())
  if (match === null) return null
  const [, date = '', time = '00:00:00', fraction = '', zone = 'Z'] = match
  const midnight = new Date(`${date}T00:00:00.000Z`)
  // JavaScript rolls 30 February over to March.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(date)) return null
  const instant = new Date(`${date}T${time}.${fraction.slice(0, 3).padEnd(3, '0')}${toOffset(zone)}`)
  return Number.isNaN(instant.getTime()) ? null : instant.toISOString()
}

function toOffset(zone: string): string {
  if (zone === 'Z') return zone
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  return `${zone.slice(0, 1)}${digits.slice(0, 2)}:${digits.slice(2)}`
}

/** Text that says something: trimmed, 1 to 4,000 characters, no NUL (PostgreSQL stores none). */
export const textField = z
  .string()
  .trim()
  .min(1)
  .max(4000)
  .refine((text) => !text.includes('\u0000'), 'text without NUL characters')

/** A time as RFC 3339 UTC with milliseconds. */
export const timestampField = z.string().transform((text, context) => {
  const timestamp = toTimestamp(text)
  if (timestamp !== null) return timestamp
  context.addIssue({
    code: 'custom',
    message: 'RFC 3339 with a zone, a timestamptz as text, or YYYY-MM-DD',
    input: text,
  })
  return z.NEVER
})

/** An exact decimal as text; a number only when it is whole. The currency decides later how many digits it may have. */
export const decimalField = z.union([z.string(), z.int().transform(String)], 'a decimal as text, or a whole number')

/** A natural key: `{ "namespace": "sku", "value": "A-1" }`. */
export const referenceField = z.object({ namespace: textField, value: textField })

/** Further names of the same thing; none when absent. At most 50. */
export const identifiersField = z
  .array(referenceField)
  .max(50)
  .nullish()
  .transform((list) => list ?? [])

/** The same keys without repetition, in order: a source often lists its own code among its identifiers. */
export function distinctKeys(keys: readonly NaturalKey[]): readonly NaturalKey[] {
  return [...new Map(keys.map((key) => [JSON.stringify([key.namespace, key.value]), key])).values()]
}

/** An optional field: null and absence are the same. */
export function optional<S extends z.ZodType>(schema: S) {
  return schema.nullish().transform((value) => value ?? null)
}

/** An ISO 4217 code in capitals. */
export const currencyField = z.string().refine(isCurrency, 'an ISO 4217 code in capitals, such as EUR')

/**
 * One amount of a document in minor units, as text since JSON numbers are not exact past 2^53.
 * @param field what it is called in the document, for the error
 * @throws AppError `SOURCE_DATA_INVALID` when it is no decimal, negative, too fine for its currency or too large.
 */
export function toAmountMinor(document: SourceDocument, field: string, decimal: string, currency: string): string {
  const refuse = (allowed: string, cause?: unknown) => {
    const got = describeValue(decimal)
    const what = `${document.kind} document of ${document.system}`
    return new AppError('SOURCE_DATA_INVALID', `Cannot read ${what}: ${field} is ${got}, allowed is ${allowed}`, {
      details: { fields: [{ field, got, allowed }] },
      cause,
    })
  }
  try {
    const minor = parseMoney(decimal, currency, 'SOURCE_DATA_INVALID')
    if (minor >= 0n) return minor.toString()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    throw refuse(typeof error.details?.allowed === 'string' ? error.details.allowed : 'a decimal such as 12.34', error)
  }
  throw refuse('0 or more')
}
