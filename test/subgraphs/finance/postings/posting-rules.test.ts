import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { convertMinor, shareOfUnits } from '../../../../subgraphs/finance/postings/convert.ts'
import type { About, AboutUnits, PostedLine } from '../../../../subgraphs/finance/postings/posting.ts'
import {
  applyRule,
  type Carried,
  type Known,
  type SaleCost,
} from '../../../../subgraphs/finance/postings/posting-rules.ts'

const currencies = ['EUR', 'GBP', 'JPY', 'KWD'] as const
const rate = { base: 'EUR', quote: 'GBP', rate: '0.8432', validFrom: '2026-10-01T00:00:00.000Z' }

const units: AboutUnits<'P9A'> = {
  ...{ rule: 'P9A', receiptId: 'r', lineId: 'l', firstUnit: 0, quantity: 2, locationId: 'loc_gb', country: 'GB' },
  ...{ crossBorder: true, shippedFromCountries: ['FR'], destinationCountry: 'FR', orderCurrency: 'EUR' },
}
const cost: SaleCost = { currency: 'EUR', lines: [{ lineId: 'l', quantity: 3, costMinor: '1000', duty: null }] }
const known = (changes: Partial<Known> = {}): Known => ({
  ...{ cost, carried: null },
  entityCurrencyOf: (country) => (country === 'GB' ? 'GBP' : country === null ? null : 'EUR'),
  rateBetween: (from, to) => ([from, to].sort().join() === 'EUR,GBP' ? rate : null),
  ...changes,
})

/** Debits less credits, by currency. */
function balanceOf(lines: readonly PostedLine[]): Readonly<Record<string, bigint>> {
  const sums: Record<string, bigint> = {}
  for (const { currency, side, amountMinor } of lines) {
    sums[currency] = (sums[currency] ?? 0n) + (side === 'DEBIT' ? BigInt(amountMinor) : -BigInt(amountMinor))
  }
  return sums
}

const short = (lines: readonly PostedLine[]) =>
  lines.map(({ side, account, amountMinor, currency }) => `${side} ${account} ${amountMinor} ${currency}`)

describe('what a rule makes of what is known', () => {
  it('P9A: the cost of the original sale, or it waits for it', () => {
    expect(short(applyRule(units, known()).lines)).toEqual(['DEBIT 1220 667 EUR', 'CREDIT 5000 667 EUR'])
    expect(applyRule(units, known({ cost: null }))).toMatchObject({ needed: true, waitsFor: ['COST'], lines: [] })
    expect(applyRule({ ...units, lineId: 'other' }, known())).toMatchObject({ waitsFor: ['COST'] })
  })

  it('P15: into the books of where they are, by a rate that was told; without one it waits, and where there is none to move it is not', () => {
    const there: About = { ...units, rule: 'P15' }
    expect(short(applyRule(there, known()).lines)).toEqual([
      'DEBIT 1220 562 GBP',
      'CREDIT 7000 562 GBP',
      'DEBIT 7000 667 EUR',
      'CREDIT 1220 667 EUR',
    ])
    const none = { rateBetween: () => null }
    expect(applyRule(there, known(none))).toMatchObject({ needed: true, waitsFor: ['RATE'], lines: [] })
    expect(applyRule(there, known({ ...none, cost: null }))).toMatchObject({ waitsFor: ['COST'] })
    expect(applyRule({ ...there, country: null }, known())).toMatchObject({ waitsFor: ['ENTITY'] })
    expect(applyRule({ ...there, country: null, crossBorder: null }, known())).toMatchObject({ needed: false })
    expect(applyRule({ ...there, country: 'FR' }, known())).toMatchObject({ needed: false, waitsFor: [] })
  })

  it('P9C: duty of a country that the units have left, and of no other', () => {
    const duty: About = { ...units, rule: 'P9C' }
    const paid = (country: string) =>
      known({
        cost: {
          ...cost,
          lines: [{ lineId: 'l', quantity: 3, costMinor: '1000', duty: { country, amountMinor: '90' } }],
        },
      })
    expect(short(applyRule(duty, paid('FR')).lines)).toEqual(['DEBIT 1100 60 EUR', 'CREDIT 5000 60 EUR'])
    expect(applyRule(duty, paid('GB'))).toMatchObject({ needed: false })
    const unknown = known({ cost: null })
    expect(applyRule(duty, unknown)).toMatchObject({ needed: false })
    // It was sent into another country and is out of it again: whether duty was paid must be told.
    const imported = { ...duty, destinationCountry: 'CH', shippedFromCountries: ['FR'] }
    expect(applyRule(imported, unknown)).toMatchObject({ needed: true, waitsFor: ['DUTY'] })
    expect(applyRule({ ...imported, country: 'CH' }, unknown)).toMatchObject({ needed: false })
  })

  it('P9B waits for what its receipt waits for, and P10B is moved to the currency of the order', () => {
    const placed: About = {
      ...{ rule: 'P9B', receiptId: 'r', disposition: 'SCRAPPED', offset: 1, quantity: 1, locationId: 'loc_gb' },
    }
    expect(applyRule(placed, known({ carried: { waitsFor: ['RATE'] } }))).toMatchObject({ waitsFor: ['RATE'] })
    const carried = { amountMinor: 563n, currency: 'GBP', quantity: 2 }
    expect(short(applyRule(placed, known({ carried })).lines)).toEqual(['DEBIT 5100 281 GBP', 'CREDIT 1220 281 GBP'])
    const refund: About = { rule: 'P10B', refundId: 'f', amountMinor: '843', currency: 'GBP', orderCurrency: 'EUR' }
    expect(short(applyRule(refund, known()).lines)).toEqual([
      'DEBIT 2400 1000 EUR',
      'CREDIT 7000 1000 EUR',
      'DEBIT 7000 843 GBP',
      'CREDIT 1020 843 GBP',
    ])
    expect(applyRule({ ...refund, currency: 'JPY' }, known())).toMatchObject({ needed: true, waitsFor: ['RATE'] })
  })
})

const minor = fc.bigInt({ min: 0n, max: 10_000_000n }).map(String)
const anyCurrency = fc.constantFrom(...currencies)
const anyUnits = fc.record({
  ...{
    receiptId: fc.constant('r'),
    lineId: fc.constant('l'),
    firstUnit: fc.nat({ max: 8 }),
    quantity: fc.integer({ min: 1, max: 8 }),
  },
  ...{
    locationId: fc.constant('loc'),
    country: fc.constantFrom('FR', 'GB', null),
    crossBorder: fc.constantFrom(true, false, null),
  },
  ...{ shippedFromCountries: fc.subarray(['FR', 'GB']), destinationCountry: fc.constantFrom('FR', 'CH', null) },
  orderCurrency: anyCurrency,
})
const anyAbout: fc.Arbitrary<About> = fc.oneof(
  fc.tuple(fc.constantFrom('P9A' as const, 'P9C', 'P15'), anyUnits).map(([rule, one]) => ({ ...one, rule })),
  fc.record({
    ...{ rule: fc.constant('P9B' as const), receiptId: fc.constant('r'), locationId: fc.constant('loc') },
    disposition: fc.constantFrom('RESTOCKED' as const, 'DAMAGED', 'SCRAPPED'),
    ...{ offset: fc.nat({ max: 4 }), quantity: fc.integer({ min: 1, max: 4 }) },
  }),
  fc.record({ rule: fc.constant('P10' as const), netMinor: minor, taxMinor: minor, orderCurrency: anyCurrency }),
  fc.record({
    ...{ rule: fc.constantFrom('P10B' as const, 'P10C'), refundId: fc.constant('f'), amountMinor: minor },
    ...{ currency: anyCurrency, orderCurrency: anyCurrency },
  }),
)
const anyKnown: fc.Arbitrary<Known> = fc
  .record({
    cost: fc.option(
      fc.record({
        currency: anyCurrency,
        lines: fc.tuple(
          fc.record({
            ...{ lineId: fc.constant('l'), quantity: fc.integer({ min: 1, max: 12 }), costMinor: minor },
            duty: fc.option(fc.record({ country: fc.constantFrom('FR', 'GB'), amountMinor: minor })),
          }),
        ),
      }),
    ),
    entity: fc.option(anyCurrency),
    told: fc.option(fc.integer({ min: 1, max: 99_999 })),
    carried: fc.option<Carried>(
      fc.oneof(
        fc.record({ amountMinor: minor.map(BigInt), currency: anyCurrency, quantity: fc.integer({ min: 1, max: 8 }) }),
        fc.constant({ waitsFor: ['RATE' as const] }),
      ),
    ),
  })
  .map(({ cost: given, entity, told, carried }) => ({
    ...{ cost: given, carried, entityCurrencyOf: () => entity },
    rateBetween: (base, quote) =>
      told === null ? null : { base, quote, rate: (told / 100).toFixed(2), validFrom: '' },
  }))

it('is balanced in each currency, or waits and posts nothing (I7)', () => {
  fc.assert(
    fc.property(anyAbout, anyKnown, (about, what) => {
      const { needed, waitsFor, lines } = applyRule(about, what)
      expect(Object.values(balanceOf(lines)).every((sum) => sum === 0n)).toBe(true)
      expect(lines.every(({ amountMinor }) => BigInt(amountMinor) > 0n)).toBe(true)
      // It tells, it waits, or there is nothing: never two of them.
      expect(lines.length > 0).toBe(needed && waitsFor.length === 0)
    }),
    { numRuns: 500 },
  )
})

it('shares of all units sum to the whole, in whatever parts, and rates are exact', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 1_000_000_000n }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 }),
      (total, parts) => {
        const of = parts.reduce((sum, part) => sum + part, 0)
        let from = 0
        const shares = parts.map((part) => {
          const share = shareOfUnits(total, of, from, part)
          from += part
          return share
        })
        expect(shares.reduce((sum, share) => sum + share, 0n)).toBe(total)
      },
    ),
  )
  expect(convertMinor(1_000n, 'EUR', 'GBP', rate)).toBe(843n)
  expect(convertMinor(843n, 'GBP', 'EUR', rate)).toBe(1_000n)
  expect(convertMinor(12_345n, 'EUR', 'JPY', { ...rate, quote: 'JPY', rate: '163.5' })).toBe(20_184n)
  expect(convertMinor(20_184n, 'JPY', 'KWD', { ...rate, base: 'JPY', quote: 'KWD', rate: '0.00205' })).toBe(41_377n)
})
