import { divideHalfEven } from '../../../platform/money.ts'

export const returnOrigins = ['STORE', 'ONLINE', 'SERVICE', 'MARKETPLACE', 'CARRIER_REFUSED'] as const
export const returnReasons = [
  'UNWANTED',
  'WRONG_SIZE',
  'DEFECTIVE',
  'DAMAGED_IN_TRANSIT',
  'NOT_AS_DESCRIBED',
  'WRONG_ITEM',
  'ARRIVED_LATE',
  'OTHER',
] as const
export const receiptOutcomes = ['RECEIVED', 'SHORT', 'WRONG_ITEM', 'LOST_IN_TRANSIT', 'KEPT_BY_CUSTOMER'] as const
export const dispositions = ['RESTOCKED', 'DAMAGED', 'QUARANTINED', 'SCRAPPED'] as const
export const returnStates = [
  'REQUESTED',
  'OPEN',
  'PARTIALLY_RECEIVED',
  'RECEIVED',
  'CLOSED',
  'DECLINED',
  'CANCELLED',
] as const

export type ReceiptOutcome = (typeof receiptOutcomes)[number]
export type Disposition = (typeof dispositions)[number]
export type ReturnState = (typeof returnStates)[number]
export type RefundTrack = 'NOT_DUE' | 'DUE' | 'SUBMITTED' | 'SUCCEEDED' | 'FAILED'
export type ReturnStep = 'AUTHORIZE' | 'DECLINE' | 'CANCEL' | 'RECEIVE' | 'DISPOSE'

/** JSON values only: it is kept as a document. */
export type KeptReturn = {
  readonly id: string
  readonly tenant: string
  readonly rma: string
  readonly orderId: string
  readonly channelId: string
  readonly currency: string
  readonly taxIncluded: boolean
  readonly initiatedVia: (typeof returnOrigins)[number]
  readonly authorization: 'REQUESTED' | 'AUTHORIZED' | 'DECLINED' | 'CANCELLED'
  readonly returnToId: string
  readonly returnToCountry: string | null
  /** Where the order went to, or was handed over. */
  readonly destinationCountry: string | null
  /** `2026-10-01` */
  readonly deadline: string
  readonly requestedAt: string
  readonly requestedBy: string
  readonly note: string | null
  readonly lines: readonly KeptReturnLine[]
  /** What payment systems say of money given back for it. */
  readonly refunds: readonly KeptRefund[]
  /** What the books say of it, and of which version and which refunds. */
  readonly posted: {
    /** Of the event that said so. */
    readonly sequence: number
    readonly state: string
    readonly version: number
    readonly refunds: readonly { readonly refundId: string; readonly amountMinor: string | null }[]
  } | null
  /** The last version that moved units. */
  readonly movedVersion: number
  readonly closed: boolean
  readonly version: number
}

export type KeptReturnLine = {
  readonly lineId: string
  /** null where the source's item is unknown to the catalogue. */
  readonly variantId: string | null
  readonly quantity: number
  readonly reason: (typeof returnReasons)[number]
  readonly shippedFrom: readonly { readonly locationId: string; readonly country: string | null }[]
  /** As the line was sold, of all its units. */
  readonly sold: Sold
  readonly receipts: readonly KeptReceipt[]
}

export type Sold = {
  readonly quantity: number
  readonly unitPriceMinor: string
  readonly discountMinor: string
  readonly taxMinor: string
}

export type KeptReceipt = {
  readonly id: string
  readonly outcome: ReceiptOutcome
  readonly quantity: number
  readonly locationId: string
  readonly country: string | null
  readonly at: string
  /** Units of the order's line that money is given back for, before these. */
  readonly firstUnit: number
  readonly dispositions: readonly KeptPlacement[]
}

export type KeptPlacement = {
  readonly id: string
  readonly disposition: Disposition
  readonly quantity: number
  readonly at: string
}

export type KeptRefund = {
  readonly id: string
  /** Of the event that said so. */
  readonly sequence: number
  readonly state: string
  readonly amountMinor: string
  readonly currency: string
}

/** A line with what its fields need of the return it is of. */
export type LineOfReturn = KeptReturnLine & { readonly orderId: string }

export function stateOf({ authorization, closed, lines }: KeptReturn): ReturnState {
  if (authorization !== 'AUTHORIZED') return authorization
  if (closed) return 'CLOSED'
  const awaited = lines.some((line) => awaitedOf(line) > 0)
  if (!awaited) return 'RECEIVED'
  return lines.some(({ receipts }) => receipts.length > 0) ? 'PARTIALLY_RECEIVED' : 'OPEN'
}

/** What may be done with it now: the only place that says so. */
export function allowedSteps(kept: KeptReturn): readonly ReturnStep[] {
  switch (stateOf(kept)) {
    case 'REQUESTED':
      return ['AUTHORIZE', 'DECLINE', 'CANCEL']
    case 'OPEN':
      return ['CANCEL', 'RECEIVE']
    case 'PARTIALLY_RECEIVED':
      return ['RECEIVE', 'DISPOSE']
    case 'RECEIVED':
      return ['DISPOSE']
    default:
      return []
  }
}

export function awaitedOf({ quantity, receipts }: KeptReturnLine): number {
  return quantity - sumOf(receipts)
}

export function onHoldOf({ outcome, quantity, dispositions: placed }: KeptReceipt): number {
  return outcome === 'RECEIVED' ? quantity - sumOf(placed) : 0
}

/** Units that no other return may ask for: those that are awaited, and those the customer has no more or has paid nothing for. */
export function takenOf(kept: KeptReturn, lineId: string): number {
  if (kept.authorization === 'DECLINED' || kept.authorization === 'CANCELLED') return 0
  const lines = kept.lines.filter((line) => line.lineId === lineId)
  return lines.reduce((sum, line) => {
    const still = line.receipts.filter(({ outcome }) => outcome === 'SHORT' || outcome === 'WRONG_ITEM')
    return sum + line.quantity - sumOf(still)
  }, 0)
}

/** Units that money is given back for. */
export function creditedOf(line: KeptReturnLine): number {
  return sumOf(line.receipts.filter(isCredited))
}

export function isCredited({ outcome }: Pick<KeptReceipt, 'outcome'>): boolean {
  return outcome === 'RECEIVED' || outcome === 'KEPT_BY_CUSTOMER'
}

export type Share = { readonly netMinor: bigint; readonly taxMinor: bigint }

/**
 * What of a line's price and tax units `from + 1` to `from + quantity` cost. The shares of all its units sum to the line exactly,
 * in however many parts they come back.
 */
export function shareOf(sold: Sold, taxIncluded: boolean, from: number, quantity: number): Share {
  const tax = BigInt(sold.taxMinor)
  const paid = BigInt(sold.unitPriceMinor) * BigInt(sold.quantity) - BigInt(sold.discountMinor)
  const net = taxIncluded ? paid - tax : paid
  const upTo = (total: bigint, units: number) => divideHalfEven(total * BigInt(units), BigInt(sold.quantity))
  const between = (total: bigint) => upTo(total, from + quantity) - upTo(total, from)
  return { netMinor: between(net), taxMinor: between(tax) }
}

/** What is to be given back for what has come back. */
export function refundDueOf({ lines, taxIncluded }: KeptReturn): bigint {
  const shares = lines.flatMap(({ sold, receipts }) =>
    receipts.filter(isCredited).map(({ firstUnit, quantity }) => shareOf(sold, taxIncluded, firstUnit, quantity)),
  )
  return shares.reduce((sum, { netMinor, taxMinor }) => sum + netMinor + taxMinor, 0n)
}

const settled: ReadonlySet<string> = new Set(['SUCCEEDED', 'ALTERNATE', 'WRITTEN_OFF'])

/** By amounts, so that one part given back does not stand for the next. */
export function refundTrackOf(kept: KeptReturn): RefundTrack {
  const due = refundDueOf(kept)
  if (due === 0n) return 'NOT_DUE'
  const given = kept.refunds.filter(({ state }) => settled.has(state))
  if (given.reduce((sum, refund) => sum + inOrderCurrency(kept, refund), 0n) >= due) return 'SUCCEEDED'
  const open = kept.refunds.filter(({ state }) => !settled.has(state) && state !== 'CANCELLED')
  if (open.some(({ state }) => state === 'FAILED' || state === 'REVERSED')) return 'FAILED'
  return open.some(({ state }) => state === 'APPROVED' || state === 'SUBMITTED') ? 'SUBMITTED' : 'DUE'
}

/** One in another currency counts by what the books make of it; until then by nothing. */
function inOrderCurrency({ currency, posted }: KeptReturn, refund: KeptRefund): bigint {
  if (refund.currency === currency) return BigInt(refund.amountMinor)
  return BigInt(posted?.refunds.find(({ refundId }) => refundId === refund.id)?.amountMinor ?? '0')
}

/** Nothing is awaited or on hold, what is due was given back, and the books say so of the last units and money that moved. */
export function mayClose(kept: KeptReturn): boolean {
  if (stateOf(kept) !== 'RECEIVED') return false
  if (kept.lines.some(({ receipts }) => receipts.some((receipt) => onHoldOf(receipt) > 0))) return false
  const refund = refundTrackOf(kept)
  if (refund !== 'NOT_DUE' && refund !== 'SUCCEEDED') return false
  const { posted } = kept
  if (posted === null || posted.state !== 'CONFIRMED' || posted.version < kept.movedVersion) return false
  const given = kept.refunds.filter(({ state, amountMinor }) => state === 'SUCCEEDED' && amountMinor !== '0')
  return given.every(({ id }) => posted.refunds.some(({ refundId }) => refundId === id))
}

/** null: no country to compare with is known. A receipt elsewhere than foreseen counts where it was. */
export function isCrossBorder(kept: KeptReturn): boolean | null {
  const receipts = kept.lines.flatMap((line) => line.receipts.filter(({ outcome }) => outcome === 'RECEIVED'))
  const backs = receipts.length === 0 ? [kept.returnToCountry] : receipts.map(({ country }) => country)
  const froms = [kept.destinationCountry, ...kept.lines.flatMap((line) => line.shippedFrom.map((from) => from.country))]
  const pairs = backs.flatMap((back) => froms.map((from) => [back, from] as const))
  const known = pairs.filter(([back, from]) => back !== null && from !== null)
  return known.length === 0 ? null : known.some(([back, from]) => back !== from)
}

export function sumOf(parts: readonly { readonly quantity: number }[]): number {
  return parts.reduce((sum, { quantity }) => sum + quantity, 0)
}
