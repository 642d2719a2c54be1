type Amounts = {
  readonly shippingMinor: string
  readonly taxIncluded: boolean
  readonly lines: readonly LineAmounts[]
}

export type LineAmounts = {
  readonly quantity: number
  readonly unitPriceMinor: string
  readonly discountMinor: string
  readonly taxMinor: string
}

/** unitPrice × quantity - discount, plus tax unless prices include it. */
export function lineTotalMinor(line: LineAmounts, taxIncluded: boolean): bigint {
  const net = BigInt(line.unitPriceMinor) * BigInt(line.quantity) - BigInt(line.discountMinor)
  return taxIncluded ? net : net + BigInt(line.taxMinor)
}

export function orderTotals({ lines, shippingMinor, taxIncluded }: Amounts) {
  const sum = (amountOf: (line: LineAmounts) => bigint) => lines.reduce((total, line) => total + amountOf(line), 0n)
  return {
    subtotalMinor: sum((line) => BigInt(line.unitPriceMinor) * BigInt(line.quantity)),
    discountMinor: sum((line) => BigInt(line.discountMinor)),
    taxMinor: sum((line) => BigInt(line.taxMinor)),
    shippingMinor: BigInt(shippingMinor),
    totalMinor: sum((line) => lineTotalMinor(line, taxIncluded)) + BigInt(shippingMinor),
  }
}
