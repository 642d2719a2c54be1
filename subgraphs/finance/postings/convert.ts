import { divideHalfEven, exponentOf } from '../../../platform/money.ts'
import type { Rate } from './posting.ts'

/**
 * An amount in another currency, rounded half-even to its minor units, once.
 * @param rate between the two, told in either direction
 */
export function convertMinor(amountMinor: bigint, from: string, to: string, rate: Rate): bigint {
  const [, whole = '0', fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(rate.rate) ?? []
  const units = BigInt(whole + fraction)
  const scale = fraction.length
  const shift = exponentOf(to) - exponentOf(from)
  const [up, down] = [10n ** BigInt(Math.max(0, shift)), 10n ** BigInt(Math.max(0, -shift))]
  const ten = 10n ** BigInt(scale)
  return rate.base === from
    ? divideHalfEven(amountMinor * units * up, ten * down)
    : divideHalfEven(amountMinor * ten * up, units * down)
}

/** What of a total units `from + 1` to `from + quantity` of `of` are worth: the shares of all units sum to the total. */
export function shareOfUnits(totalMinor: bigint, of: number, from: number, quantity: number): bigint {
  const upTo = (units: number) => divideHalfEven(totalMinor * BigInt(units), BigInt(of))
  return upTo(from + quantity) - upTo(from)
}
