import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { staff } from '../../../support/viewers.ts'
import { openReservationWorld, type ReservationWorld } from './world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any
type Input = Readonly<Record<string, unknown>>

let shop: ReservationWorld
let keys = 0
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('A', { DC1: 3 })
  await shop.stock('B', { DC1: 4 })
  await shop.stock('C', { S1: 20 })
})
afterEach(() => shop[Symbol.asyncDispose]())

const operations: Viewer = { ...staff(['ops-admin']), tenant: 'test', clientId: 'console' }

async function substitute(input: Input): Promise<Answer> {
  const { data, errors }: Answer = await shop.world.tryToAsk(
    `mutation ($input: UpsertSubstitutionInput!) { answer: upsertSubstitution(input: $input) {
      __typename ... on DomainError { code message path }
      ... on StockRuleChanged { ruleId version rule { __typename ... on Substitution { channelId substitutes { id } } } } } }`,
    { input: { idempotencyKey: `rule-${++keys}`, reason: 'a test', sku: 'A', ...input } },
    operations,
  )
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data.answer
}

async function reserve(lines: readonly Input[], more: Input = {}): Promise<Answer> {
  const answer = await shop.world.ask(
    `mutation ($input: ReserveStockInput!) { answer: reserveStock(input: $input) {
      __typename
      ... on ReserveStockSuccess { replayed reservations { id variant { id } substitutedFor { id } quantity }
        plan { lineId quantity variant { id } substitutedFor { id } } }
      ... on InsufficientStock { shortfalls { requested available substitutes { variant { id } ats } } } } }`,
    {
      input: {
        idempotencyKey: `r-${++keys}`,
        channelId: 'web',
        owner: { kind: 'CART', id: `c-${keys}` },
        lines,
        ...more,
      },
    },
  )
  return answer.answer
}

const line = (lineId: string, sku: string, quantity: number, allowSubstitution?: boolean) => ({
  lineId,
  sku,
  quantity,
  allowSubstitution,
})

async function idOf(sku: string): Promise<string> {
  const { rows } = await shop.world.database.query<{ id: string }>('select id from inventory.variants where sku = $1', [
    sku,
  ])
  return rows[0]?.id ?? ''
}

describe('a line may be kept as what the retailer gives in its place (K050)', () => {
  it('where there is not enough of it and the line allows that, and is told so', async () => {
    const [a, b, c] = [await idOf('A'), await idOf('B'), await idOf('C')]
    expect((await substitute({ substitutes: [{ sku: 'B' }, { sku: 'C' }] })).rule).toEqual({
      ...{ __typename: 'Substitution', channelId: null, substitutes: [{ id: b }, { id: c }] },
    })
    // Without leave it is told what else there is; the substitutes as the channel may sell them.
    const asOrdered = await reserve([line('1', 'A', 4)])
    const substitutes = [
      { variant: { id: b }, ats: 4 },
      { variant: { id: c }, ats: 20 },
    ]
    expect(asOrdered).toEqual({
      __typename: 'InsufficientStock',
      shortfalls: [{ requested: 4, available: 3, substitutes }],
    })
    const key = { idempotencyKey: 'again' }
    const given = await reserve([line('1', 'A', 4, true), line('2', 'A', 3)], key)
    expect(given).toMatchObject({
      __typename: 'ReserveStockSuccess',
      reservations: [
        { variant: { id: b }, substitutedFor: { id: a }, quantity: 4 },
        { variant: { id: a }, substitutedFor: null, quantity: 3 },
      ],
      plan: [
        { lineId: '1', quantity: 4, variant: { id: b }, substitutedFor: { id: a } },
        { lineId: '2', quantity: 3, variant: { id: a }, substitutedFor: null },
      ],
    })
    const owner = { kind: 'CART', id: `c-${keys}` }
    expect(await reserve([line('1', 'A', 4, true), line('2', 'A', 3)], { ...key, owner })).toEqual({
      ...given,
      replayed: true,
    })
    expect([await shop.ats('A'), await shop.ats('B'), await shop.ats('C')]).toEqual([0, 0, 20])
    const items = [{ reservationId: given.reservations[0].id, quantity: 2 }]
    const change = `mutation ($input: ConfirmReservationInput!) { confirmReservation(input: $input) {
      ... on ReservationSuccess { reservations { confirmed substitutedFor { id } } } } }`
    const confirmed: Answer = await shop.world.ask(change, {
      input: { idempotencyKey: 'confirm', orderId: 'o', items },
    })
    expect(confirmed.confirmReservation.reservations).toEqual([{ confirmed: 2, substitutedFor: { id: a } }])
    await shop.world.settle()
    const told = (await shop.world.events()).filter(({ type }) => type.includes('reservations-changed'))
    expect(told.slice(0, 2).map(({ data }: Answer) => data.columns.substitutedFor ?? null)).toEqual([[a], null])
  })

  it('all lines or none, demand of buyers of both summed: a short request keeps nothing', async () => {
    await substitute({ substitutes: [{ sku: 'B' }] })
    const lines = [line('1', 'A', 4, true), line('2', 'B', 1)]
    expect(await reserve(lines)).toMatchObject({ shortfalls: [{ requested: 4, available: 3 }] })
    expect([await shop.ats('A'), await shop.ats('B')]).toEqual([3, 4])
  })

  it('never beyond what there is, whoever comes at once', async () => {
    await substitute({ substitutes: [{ sku: 'B' }] })
    const answers = await Promise.all([
      ...Array.from({ length: 9 }, () => reserve([line('1', 'A', 1, true)])),
      ...Array.from({ length: 3 }, () => reserve([line('1', 'B', 1)])),
    ])
    const kept = answers.filter(({ __typename }) => __typename === 'ReserveStockSuccess')
    expect(kept).toHaveLength(7)
    expect(kept.filter(({ plan }) => plan[0].substitutedFor === null).length).toBeGreaterThanOrEqual(3)
    expect([await shop.ats('A'), await shop.ats('B')]).toEqual([0, 0])
    expect(await shop.drift()).toEqual([])
  })

  it('by the rule of its channel before that of all, while it is in force, and by documents as by mutations', async () => {
    const namespace = 'sku'
    const [variant, other] = [
      { namespace, value: 'A' },
      { namespace, value: 'C' },
    ]
    await shop.world.deliver('substitution', { 1: { variant, substitutes: [other] } })
    expect((await reserve([line('1', 'A', 4, true)])).plan[0].variant.id).toBe(await idOf('C'))
    await substitute({ channelId: 'web', substitutes: [{ sku: 'B' }], validTo: '2026-10-01T12:00:00.000Z' })
    expect((await reserve([line('1', 'A', 4, true)])).plan[0].variant.id).toBe(await idOf('C'))
    await substitute({ channelId: 'amazon', substitutes: [{ sku: 'B' }] })
    expect((await reserve([line('1', 'A', 4, true)])).plan[0].variant.id).toBe(await idOf('C'))
    await substitute({ channelId: 'web', substitutes: [{ sku: 'B' }] })
    expect((await reserve([line('1', 'A', 4, true)])).plan[0].variant.id).toBe(await idOf('B'))
  })

  it('and a rule that makes no sense is refused, by its field', async () => {
    const pathOf = async (input: Input) => (await substitute(input)).path
    expect(await pathOf({ substitutes: [] })).toEqual(['input', 'substitutes'])
    expect(await pathOf({ substitutes: Array.from({ length: 6 }, () => ({ sku: 'B' })) })).toEqual([
      'input',
      'substitutes',
    ])
    expect(await pathOf({ substitutes: [{ sku: 'A' }] })).toEqual(['input', 'substitutes', '0'])
    expect(await pathOf({ substitutes: [{ sku: 'B' }, { sku: 'B' }] })).toEqual(['input', 'substitutes', '1'])
    expect(await pathOf({ substitutes: [{}] })).toEqual(['input', 'substitutes', '0'])
    expect(await pathOf({ substitutes: [{ sku: 'NONE' }] })).toEqual(['input', 'substitutes', '0', 'sku'])
    expect(await pathOf({ sku: null, substitutes: [{ sku: 'B' }] })).toEqual(['input', 'variantId'])
  })
})
