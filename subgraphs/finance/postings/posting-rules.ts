import { convertMinor, shareOfUnits } from './convert.ts'
import {
  type About,
  type AboutUnits,
  accounts,
  type PostedLine,
  type PostingNeed,
  type Rate,
  type Units,
} from './posting.ts'

/** What finance systems have told. */
export type Known = {
  readonly cost: SaleCost | null
  /** The currency in which the books of a country are kept; null: nobody told. */
  entityCurrencyOf(country: string | null): string | null
  /** One that holds at the posting's time, told in either direction. */
  rateBetween(from: string, to: string): Rate | null
  /** Of P9B: what the units of its receipt stand in the books with. */
  readonly carried: Carried | null
}

export type SaleCost = {
  readonly currency: string
  readonly lines: readonly {
    readonly lineId: string
    readonly quantity: number
    /** Of all its units. */
    readonly costMinor: string
    readonly duty: { readonly country: string; readonly amountMinor: string } | null
  }[]
}

/** waiting: what the receipt itself waits for. */
export type Carried =
  | { readonly amountMinor: bigint; readonly currency: string; readonly quantity: number }
  | { readonly waitsFor: readonly PostingNeed[] }

/** `lines` empty: it waits, or, where it waits for nothing that must be told, there is nothing to post. */
export type Ruled = {
  readonly needed: boolean
  readonly waitsFor: readonly PostingNeed[]
  readonly lines: readonly PostedLine[]
  readonly rate: Rate | null
}

/** The posting that a rule makes of what is known. Nothing is made up: what is missing is waited for. */
export function applyRule(about: About, known: Known): Ruled {
  switch (about.rule) {
    case 'P9A':
      return costOfUnits(about, known)
    case 'P9B':
      return placed(about, known)
    case 'P9C':
      return dutyOfUnits(about, known)
    case 'P10':
      return owed(about)
    case 'P10B':
    case 'P10C':
      return given(about, known)
    case 'P15':
      return moved(about, known)
    default:
      return about satisfies never
  }
}

const nothing: Ruled = { needed: false, waitsFor: [], lines: [], rate: null }

function waits(...waitsFor: readonly PostingNeed[]): Ruled {
  return { needed: true, waitsFor, lines: [], rate: null }
}

/** Nothing by what is known, and looked at again when that is told. */
function unlessTold(...waitsFor: readonly PostingNeed[]): Ruled {
  return { needed: false, waitsFor, lines: [], rate: null }
}

function entry(rate: Rate | null, ...lines: readonly (PostedLine | null)[]): Ruled {
  const told = lines.filter((line) => line !== null && line.amountMinor !== '0')
  return told.length === 0 ? nothing : { needed: true, waitsFor: [], lines: told.flatMap((line) => line ?? []), rate }
}

function line(
  side: PostedLine['side'],
  account: string,
  amountMinor: bigint,
  currency: string,
  locationId: string | null = null,
): PostedLine {
  return { account, side, amountMinor: amountMinor.toString(), currency, locationId }
}

function costShare({ lineId, firstUnit, quantity }: Units, { cost }: Known) {
  const told = cost?.lines.find((one) => one.lineId === lineId)
  if (cost === null || told === undefined) return null
  const share = (totalMinor: string) => shareOfUnits(BigInt(totalMinor), told.quantity, firstUnit, quantity)
  const duty = told.duty && { country: told.duty.country, amountMinor: share(told.duty.amountMinor) }
  return { amountMinor: share(told.costMinor), currency: cost.currency, duty }
}

function costOfUnits(about: Units, known: Known): Ruled {
  const cost = costShare(about, known)
  if (cost === null) return waits('COST')
  const { amountMinor, currency } = cost
  return entry(
    null,
    line('DEBIT', accounts.returnsInInspection, amountMinor, currency, about.locationId),
    line('CREDIT', accounts.costOfGoodsSold, amountMinor, currency),
  )
}

/** Into the currency of the books of the country where the units are. */
function moved(about: AboutUnits<'P15'>, known: Known): Ruled {
  const to = known.entityCurrencyOf(about.country)
  const cost = costShare(about, known)
  if (to === null) {
    // Without a border it is who sold them.
    if (about.crossBorder !== true) return nothing
    return cost === null ? waits('ENTITY', 'COST') : waits('ENTITY')
  }
  if (cost === null) return to === about.orderCurrency ? unlessTold('COST') : waits('COST')
  const { currency: from, amountMinor } = cost
  if (from === to) return nothing
  const rate = known.rateBetween(from, to)
  if (rate === null) return waits('RATE')
  const there = convertMinor(amountMinor, from, to, rate)
  const { locationId } = about
  return entry(
    rate,
    line('DEBIT', accounts.returnsInInspection, there, to, locationId),
    line('CREDIT', accounts.fxGainLoss, there, to),
    line('DEBIT', accounts.fxGainLoss, amountMinor, from),
    line('CREDIT', accounts.returnsInInspection, amountMinor, from, locationId),
  )
}

function placed(about: Extract<About, { readonly rule: 'P9B' }>, { carried }: Known): Ruled {
  if (carried === null) return nothing
  if ('waitsFor' in carried) return waits(...carried.waitsFor)
  const { amountMinor, currency, quantity } = carried
  const share = shareOfUnits(amountMinor, quantity, about.offset, about.quantity)
  const to = { RESTOCKED: accounts.inventory, DAMAGED: accounts.damagedStock, SCRAPPED: accounts.writeOff }
  return entry(
    null,
    line('DEBIT', to[about.disposition], share, currency, about.locationId),
    line('CREDIT', accounts.returnsInInspection, share, currency, about.locationId),
  )
}

/** Paid to a country that the units have left again. */
function dutyOfUnits(about: Units, known: Known): Ruled {
  const cost = costShare(about, known)
  if (cost === null) {
    const { destinationCountry: paidTo, shippedFromCountries, country } = about
    const imported = paidTo !== null && shippedFromCountries.some((from) => from !== paidTo)
    return imported && country !== null && country !== paidTo ? waits('DUTY') : unlessTold('DUTY')
  }
  const { duty, currency } = cost
  if (duty === null || about.country === null || duty.country === about.country) return nothing
  return entry(
    null,
    line('DEBIT', accounts.receivables, duty.amountMinor, currency),
    line('CREDIT', accounts.costOfGoodsSold, duty.amountMinor, currency),
  )
}

function owed({ netMinor, taxMinor, orderCurrency: currency }: Extract<About, { readonly rule: 'P10' }>): Ruled {
  const [net, tax] = [BigInt(netMinor), BigInt(taxMinor)]
  return entry(
    null,
    line('DEBIT', accounts.returnsAndAllowances, net, currency),
    line('DEBIT', accounts.salesTax, tax, currency),
    line('CREDIT', accounts.refundsPayable, net + tax, currency),
  )
}

/** P10C: the other way round. */
function given(about: Extract<About, { readonly rule: 'P10B' | 'P10C' }>, known: Known): Ruled {
  const { rule, amountMinor, currency, orderCurrency } = about
  const amount = BigInt(amountMinor)
  const back = rule === 'P10C'
  const [debit, credit] = back ? (['CREDIT', 'DEBIT'] as const) : (['DEBIT', 'CREDIT'] as const)
  if (currency === orderCurrency) {
    return entry(
      null,
      line(debit, accounts.refundsPayable, amount, currency),
      line(credit, accounts.pspClearing, amount, currency),
    )
  }
  const rate = known.rateBetween(currency, orderCurrency)
  if (rate === null) return waits('RATE')
  const ofOrder = convertMinor(amount, currency, orderCurrency, rate)
  return entry(
    rate,
    line(debit, accounts.refundsPayable, ofOrder, orderCurrency),
    line(credit, accounts.fxGainLoss, ofOrder, orderCurrency),
    line(debit, accounts.fxGainLoss, amount, currency),
    line(credit, accounts.pspClearing, amount, currency),
  )
}
