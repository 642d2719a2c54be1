import { GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql'
import { AppError } from '../errors/app-error.ts'

/**
 * The scalars of `schema/shared.graphql`, checked both ways: what a client sends and what a resolver answers.
 * A value that does not fit is `BAD_USER_INPUT` coming in and `SOURCE_DATA_INVALID` going out.
 */
export const sharedScalars: Readonly<Record<string, GraphQLScalarType>> = {
  DateTime: textScalar('DateTime', 'a UTC instant like 2026-10-01T09:30:00.000Z', toInstant),
  Date: textScalar('Date', 'a calendar date like 2026-10-01', toCalendarDate),
  Decimal: textScalar('Decimal', 'a decimal number as text like 12.34', (text) =>
    /^-?(0|[1-9]\d{0,30})(\.\d{1,18})?$/.test(text) ? text : null,
  ),
  MinorUnits: textScalar('MinorUnits', 'a whole number of minor units as text like 1234, within 64 bits', toMinorUnits),
  CurrencyCode: textScalar('CurrencyCode', 'three capital letters of ISO 4217 like EUR', (text) =>
    /^[A-Z]{3}$/.test(text) ? text : null,
  ),
  GTIN: textScalar('GTIN', '8, 12, 13 or 14 digits with a valid GS1 check digit', (text) =>
    /^(\d{8}|\d{12,14})$/.test(text) && hasGs1CheckDigit(text) ? text : null,
  ),
  GLN: textScalar('GLN', '13 digits with a valid GS1 check digit', (text) =>
    /^\d{13}$/.test(text) && hasGs1CheckDigit(text) ? text : null,
  ),
  TimeZone: textScalar('TimeZone', 'an IANA time zone like Europe/Paris', toTimeZone),
  URL: textScalar('URL', 'an absolute URL', (text) => (URL.canParse(text) ? text : null)),
  JSON: new GraphQLScalarType({
    name: 'JSON',
    serialize: (value) => value,
    parseValue: (value) => value,
    parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
  }),
}

/** GS1 General Specifications 7.9: weights 3 and 1 from the right, the last digit makes the sum a multiple of ten. */
export function hasGs1CheckDigit(digits: string): boolean {
  let sum = 0
  for (let index = digits.length - 1, weight = 1; index >= 0; index--, weight = 4 - weight) {
    sum += weight * (digits.charCodeAt(index) - 48)
  }
  return sum % 10 === 0
}

/** @param toValid the text as it is kept, or null when it does not fit */
function textScalar(name: string, allowed: string, toValid: (text: string) => string | null): GraphQLScalarType {
  const parse = (value: unknown): string => {
    const valid = typeof value === 'string' ? toValid(value) : null
    if (valid !== null) return valid
    throw new AppError('BAD_USER_INPUT', `Cannot read ${name}: got ${show(value)}, allowed is ${allowed}`, {
      details: { scalar: name, allowed },
    })
  }
  return new GraphQLScalarType({
    name,
    serialize(value) {
      const text = toText(value)
      const valid = text === null ? null : toValid(text)
      if (valid !== null) return valid
      throw new AppError('SOURCE_DATA_INVALID', `Cannot answer ${name}: the stored value is not ${allowed}`, {
        cause: new TypeError(`${name} resolver answered ${show(value)}`),
      })
    },
    parseValue: parse,
    parseLiteral: (node) =>
      parse(node.kind === Kind.STRING ? node.value : node.kind === Kind.NULL ? null : { kind: node.kind }),
  })
}

function toText(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (typeof value === 'bigint') return value.toString()
  return typeof value === 'number' && Number.isSafeInteger(value) ? value.toString() : null
}

const instantPattern = /^(\d{4}-\d{2}-\d{2})[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/

/** The text checked last, and what it is: the many facts of one answer share the moment their system was read. */
let lastInstant = { text: '', valid: null as string | null }

function toInstant(text: string): string | null {
  if (text !== lastInstant.text) lastInstant = { text, valid: readInstant(text) }
  return lastInstant.valid
}

function readInstant(text: string): string | null {
  const match = instantPattern.exec(text)
  if (match?.[1] === undefined || toCalendarDate(match[1]) === null) return null
  const time = Date.parse(text)
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}

function toCalendarDate(text: string): string | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null
  const time = Date.parse(`${text}T00:00:00Z`)
  // Date.parse rolls 30 February over into March: only a date that comes back unchanged exists.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text) ? text : null
}

const maxInt64 = 9_223_372_036_854_775_807n

function toMinorUnits(text: string): string | null {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(text)) return null
  const units = BigInt(text)
  return units <= maxInt64 && units >= -maxInt64 - 1n ? text : null
}

function toTimeZone(text: string): string | null {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{1,63}$/.test(text)) return null
  try {
    new Intl.DateTimeFormat('en', { timeZone: text })
    return text
  } catch {
    return null
  }
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : value === null ? 'null' : typeof value
  return text.length <= 60 ? text : `${text.slice(0, 59)}…`
}
