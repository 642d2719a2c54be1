import { exponentOf, pointInto } from './money.ts'

/** What a resolver answers for `Money` in schema/shared.graphql. */
export type MoneyAnswer = {
  /** int64 as text. */
  readonly amountMinor: string
  readonly currency: string
  readonly exponent: number
  /** Always as many digits after the point as the currency has. */
  readonly amount: string
}

/** @throws AppError `BAD_USER_INPUT` when the currency is not one of ISO 4217 */
export function toMoney(amountMinor: bigint | string, currency: string): MoneyAnswer {
  const whole = wholeText(amountMinor)
  const exponent = exponentOf(currency)
  return { amountMinor: whole, currency, exponent, amount: pointInto(whole, exponent) }
}

/** Read models keep amounts as bigint writes them: to read and write such a text anew would be more than half of the work. */
function wholeText(amountMinor: bigint | string): string {
  return typeof amountMinor === 'string' && writtenWhole.test(amountMinor)
    ? amountMinor
    : BigInt(amountMinor).toString()
}

const writtenWhole = /^(?:0|-?[1-9]\d*)$/
