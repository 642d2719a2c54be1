import { exponentOf, formatDecimal } from './money.ts'

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
  const minor = BigInt(amountMinor)
  return {
    amountMinor: minor.toString(),
    currency,
    exponent: exponentOf(currency),
    amount: formatDecimal(minor, currency),
  }
}
