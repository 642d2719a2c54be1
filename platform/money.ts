import { AppError, type ErrorCode } from './errors/app-error.ts'

const exponents = new Map<string, number>([
  ...codes(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...codes(2, 'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD'),
  ...codes(2, 'CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD'),
  ...codes(2, 'GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA'),
  ...codes(2, 'MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR'),
  ...codes(2, 'RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD'),
  ...codes(2, 'TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG'),
  ...codes(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...codes(4, 'CLF UYW'),
])

const largestMinor = 2n ** 63n - 1n

/** @returns whether `code` is an ISO 4217 currency, in capitals. */
export function isCurrency(code: string): boolean {
  return exponents.has(code)
}

/**
 * Digits after the point in a currency's ordinary unit, by ISO 4217: JPY 0, EUR 2, KWD 3.
 * @throws AppError `errorCode` when the currency is not one.
 */
export function exponentOf(currency: string, errorCode: ErrorCode = 'BAD_USER_INPUT'): number {
  const exponent = exponents.get(currency)
  if (exponent !== undefined) return exponent
  const got = JSON.stringify(currency.slice(0, 8))
  throw new AppError(errorCode, `Cannot read money: currency is ${got}, allowed is an ISO 4217 code such as EUR`, {
    details: { field: 'currency', allowed: 'an ISO 4217 code' },
  })
}

/**
 * Reads an exact decimal as integer minor units: `"12.34"`, EUR → `1234n`. Nothing is ever rounded here. A source's
 * columns pad with zeros (`numeric(19,4)` says `12.3400`), so zeros beyond the exponent are dropped when
 * `errorCode` is `SOURCE_DATA_INVALID`; a client's are refused.
 * @throws AppError `errorCode` when the text is no decimal, has more digits than the currency, or exceeds 64 bits.
 */
export function parseMoney(decimal: string, currency: string, errorCode: ErrorCode = 'BAD_USER_INPUT'): bigint {
  const exponent = exponentOf(currency, errorCode)
  const read = toDecimal(decimal)
  const refuse = (allowed: string) => refusal(decimal, allowed, errorCode)
  if (read === null) throw refuse('a decimal such as 12.34')
  const { units, scale } = errorCode === 'SOURCE_DATA_INVALID' ? withoutPadding(read, exponent) : read
  if (scale > exponent) throw refuse(`at most ${exponent} digits after the point for ${currency}`)
  const minor = units * 10n ** BigInt(exponent - scale)
  if (minor > largestMinor || minor < -largestMinor) throw refuse('an amount that fits 64 bits in minor units')
  return minor
}

/**
 * Reads a decimal of any precision and rounds it half-even to minor units, for amounts that are finer than
 * their currency (settlements, rates).
 * @throws AppError `errorCode` as `parseMoney`, except for the number of digits.
 */
export function parseRoundedMoney(decimal: string, currency: string, errorCode: ErrorCode = 'BAD_USER_INPUT'): bigint {
  const exponent = exponentOf(currency, errorCode)
  const read = toDecimal(decimal)
  if (read === null) throw refusal(decimal, 'a decimal such as 12.3456', errorCode)
  if (read.scale <= exponent) return parseMoney(decimal, currency, errorCode)
  return divideHalfEven(read.units, 10n ** BigInt(read.scale - exponent))
}

/** The derived text of an amount: `1234n`, EUR → `"12.34"`; always as many digits after the point as the currency has. */
export function formatDecimal(amountMinor: bigint, currency: string): string {
  return pointInto(amountMinor.toString(), exponentOf(currency))
}

/**
 * Sets the point into a whole number's text: `"1234"`, 2 → `"12.34"`.
 * @param whole as a bigint writes itself
 */
export function pointInto(whole: string, exponent: number): string {
  if (exponent === 0) return whole
  const sign = whole.startsWith('-') ? '-' : ''
  const digits = whole.slice(sign.length).padStart(exponent + 1, '0')
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

/** Divides and rounds to the nearest whole, halves to the even neighbour. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  if (denominator === 0n) throw new RangeError('Cannot divide an amount: the denominator is 0')
  if (denominator < 0n) return divideHalfEven(-numerator, -denominator)
  const quotient = numerator / denominator
  const rest = numerator % denominator
  const twice = 2n * (rest < 0n ? -rest : rest)
  if (twice < denominator || (twice === denominator && quotient % 2n === 0n)) return quotient
  return quotient + (numerator < 0n ? -1n : 1n)
}

/**
 * Spreads a total over parts in proportion to their weights by largest remainder, so that the parts add up to
 * the total exactly and none is further than one minor unit from its share. Equal remainders go to earlier parts.
 * @param weights zero or more; all zero means equal shares
 * @throws RangeError on a negative weight, or when there is nothing to spread a non-zero total over.
 */
export function spread(totalMinor: bigint, weights: readonly bigint[]): bigint[] {
  if (weights.some((weight) => weight < 0n)) throw new RangeError('Cannot spread an amount: a weight is negative')
  if (totalMinor < 0n) return spread(-totalMinor, weights).map((part) => -part)
  if (weights.length === 0 && totalMinor !== 0n) throw new RangeError('Cannot spread an amount: there are no parts')
  const sum = weights.reduce((total, weight) => total + weight, 0n)
  if (sum === 0n && weights.length > 0)
    return spread(
      totalMinor,
      weights.map(() => 1n),
    )
  const shares = weights.map((weight, index) => {
    const product = totalMinor * weight
    return { index, part: product / sum, remainder: product % sum }
  })
  const left = Number(totalMinor - shares.reduce((total, share) => total + share.part, 0n))
  const byRemainder = shares.toSorted((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  )
  const rounded = new Set(byRemainder.slice(0, left).map((share) => share.index))
  return shares.map((share) => share.part + (rounded.has(share.index) ? 1n : 0n))
}

type Decimal = { readonly units: bigint; readonly scale: number }

function toDecimal(text: string): Decimal | null {
  const match = /^(-?)(\d{1,25})(?:\.(\d{1,25}))?$/.exec(text)
  if (match === null) return null
  const [, sign = '', whole = '0', fraction = ''] = match
  return { units: BigInt(sign + whole + fraction), scale: fraction.length }
}

function withoutPadding({ units, scale }: Decimal, exponent: number): Decimal {
  let [value, digits] = [units, scale]
  while (digits > exponent && value % 10n === 0n) [value, digits] = [value / 10n, digits - 1]
  return { units: value, scale: digits }
}

function refusal(decimal: string, allowed: string, code: ErrorCode): AppError {
  const got = JSON.stringify(decimal.length > 40 ? `${decimal.slice(0, 39)}…` : decimal)
  return new AppError(code, `Cannot read money: amount is ${got}, allowed is ${allowed}`, {
    details: { field: 'amount', allowed },
  })
}

function codes(exponent: number, list: string): [string, number][] {
  return list.split(' ').map((code) => [code, exponent])
}
