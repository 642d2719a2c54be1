export const postingStages = ['WAITING', 'PENDING', 'CONFIRMED', 'REJECTED'] as const
export const postingNeeds = ['COST', 'DUTY', 'ENTITY', 'RATE'] as const
export type PostingStage = (typeof postingStages)[number]
export type PostingNeed = (typeof postingNeeds)[number]

/** By the standard chart; each finance system maps it to its own. */
export const accounts = {
  pspClearing: '1020',
  receivables: '1100',
  inventory: '1200',
  returnsInInspection: '1220',
  damagedStock: '1230',
  salesTax: '2200',
  refundsPayable: '2400',
  returnsAndAllowances: '4095',
  costOfGoodsSold: '5000',
  writeOff: '5100',
  fxGainLoss: '7000',
} as const

export type PostedLine = {
  readonly account: string
  readonly side: 'DEBIT' | 'CREDIT'
  /** int64 as text. */
  readonly amountMinor: string
  readonly currency: string
  readonly locationId: string | null
}

export type Rate = {
  readonly base: string
  readonly quote: string
  /** An exact decimal above 0: one of `base` is so much of `quote`. */
  readonly rate: string
  readonly validFrom: string
}

/** Units of one line that a receipt is about: of the units of the order's line, those after `firstUnit` ones. */
export type Units = {
  readonly receiptId: string
  readonly lineId: string
  readonly firstUnit: number
  readonly quantity: number
  readonly locationId: string
  readonly country: string | null
  readonly crossBorder: boolean | null
  readonly shippedFromCountries: readonly string[]
  readonly destinationCountry: string | null
}

export type AboutUnits<R extends string> = Units & { readonly rule: R; readonly orderCurrency: string }

/** What a posting is about: with what is known, it follows from this alone. JSON values only. */
export type About =
  | AboutUnits<'P9A'>
  | AboutUnits<'P9C'>
  | AboutUnits<'P15'>
  | {
      readonly rule: 'P9B'
      readonly receiptId: string
      readonly disposition: 'RESTOCKED' | 'DAMAGED' | 'SCRAPPED'
      /** Of the units of the receipt, those after `offset` ones. */
      readonly offset: number
      readonly quantity: number
      readonly locationId: string
    }
  | { readonly rule: 'P10'; readonly netMinor: string; readonly taxMinor: string; readonly orderCurrency: string }
  | {
      readonly rule: 'P10B' | 'P10C'
      readonly refundId: string
      readonly amountMinor: string
      readonly currency: string
      readonly orderCurrency: string
    }

export const ruleVersion = 1

/** JSON values only: it is kept as a document. */
export type KeptPosting = {
  readonly id: string
  readonly tenant: string
  readonly returnId: string
  readonly orderId: string
  readonly rule: About['rule']
  readonly sourceEventId: string
  readonly at: string
  readonly about: About
  /** null: by what is known there is nothing to post. */
  readonly stage: PostingStage | null
  readonly waitsFor: readonly PostingNeed[]
  readonly lines: readonly PostedLine[]
  readonly rate: Rate | null
  readonly journalEntryId: string | null
  /** What was heard of journal entries for it: of each, the last event's place in its sequence. */
  readonly heard: Readonly<Record<string, number>>
  readonly reason: string | null
  readonly version: number
}

/** The same for the same event, rule and units, however often it is read. */
export function postingIdOf(rule: About['rule'], about: string): string {
  return `pst_${about}_${rule}`
}

/** Of all postings of a return together; null: none are needed. */
export function stageOf(postings: readonly Pick<KeptPosting, 'stage'>[]): PostingStage | null {
  const order = ['REJECTED', 'WAITING', 'PENDING', 'CONFIRMED'] as const
  return order.find((stage) => postings.some((one) => one.stage === stage)) ?? null
}
