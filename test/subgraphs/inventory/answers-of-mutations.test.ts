import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { service } from '../../support/viewers.ts'
import { openReservationWorld, type ReservationWorld } from './reservations/world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

let shop: ReservationWorld
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('A', { DC1: 10 })
  await shop.stock('B', { DC1: 10 })
})
afterEach(() => shop[Symbol.asyncDispose]())

/** Of the tenant whose sources are read. */
const viewer: Viewer = { ...service, tenant: 'test' }

const variant = 'variant { availability(channelId: "web") { ats } positions { edges { node { free } } } }'
const refusal = `... on InsufficientStock { shortfalls { ${variant} } }`
const changed = `... on ReservationSuccess { reservations { ${variant} } }`

/** Mutations of one operation, in order; of each what is left of the variant it tells of, by availability and by its position. */
async function ask(fields: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Answer>>> {
  const mutations = Object.entries(fields).map(([key, field]) => `${key}: ${field}`)
  const { data, errors }: Answer = await shop.world.tryToAsk(`mutation { ${mutations.join('\n')} }`, {}, viewer)
  expect(errors).toBeUndefined()
  return Object.fromEntries(Object.keys(fields).map((key) => [key, leftOf(data[key])]))
}

/** Of the first variant that is told of; null: none is. */
function leftOf(answer: Answer): Answer {
  const told = answer.plan ?? answer.reservations ?? answer.shortfalls ?? answer.transfer?.lines ?? [answer.rule]
  const [{ variant } = { variant: null }] = told
  return variant && [variant.availability.ats, variant.positions.edges[0].node.free]
}

const reserve = (key: string, cart: string, sku: string, quantity: number) =>
  `reserveStock(input: { idempotencyKey: "${key}", channelId: "web", owner: { kind: CART, id: "${cart}" },
    lines: [{ lineId: "1", sku: "${sku}", quantity: ${quantity} }] }) {
    ... on ReserveStockSuccess { plan { ${variant} } } ${refusal} }`

/** Changes nothing, and tells of the variant. */
const refused = (sku: string) => reserve(`too-many-${sku}`, 'nobody', sku, 999)

describe('the answer of a mutation tells of stock as the mutation left it', () => {
  it('and so does each of several in one operation', async () => {
    expect(await ask({ first: reserve('k1', 'c1', 'A', 3) })).toEqual({ first: [7, 7] })
    const { rows } = await shop.world.database.query<{ id: string }>('select id from inventory.reservations')
    const items = `items: [{ reservationId: "${rows[0]?.id}" }]`
    const answers = await ask({
      taken: reserve('k2', 'c2', 'A', 2),
      givenBack: `releaseReservation(input: { idempotencyKey: "k3", ${items} }) { ${changed} }`,
      // Gives back what the cart held of the other variant, and does not name it.
      replaced: reserve('k4', 'c2', 'B', 4),
      other: refused('A'),
    })
    expect(answers).toEqual({ taken: [5, 5], givenBack: [8, 8], replaced: [6, 6], other: [10, 10] })
  })

  it('whatever the mutation: a count, a movement, a rule, a transfer', async () => {
    const [from, to] = [await shop.locationId('DC1'), await shop.locationId('S1')]
    const at = `locationId: "${from}", sku: "A"`
    const count = `${at}, counted: 30, asOf: "2026-10-01T11:59:30.000Z", changeFromQuantity: 10`
    const movement = `lineId: "1", ${at}, kind: RECEIPT, quantity: 5, occurredAt: "2026-10-01T11:59:40.000Z"`
    const transfer = `fromLocationId: "${from}", toLocationId: "${to}", lines: [{ lineId: "1", sku: "A", quantity: 6 }]`
    const rule = (key: string, scope: string, units: number) =>
      `upsertSafetyRule(input: { idempotencyKey: "${key}", reason: "a test", scope: { ${scope} }, units: ${units} }) {
        ... on StockRuleChanged { rule { ... on SafetyRule { ${variant} } } } }`
    const answers = await ask({
      before: refused('A'),
      count: `setCount(input: { idempotencyKey: "k1", ${count} }) { __typename }`,
      counted: refused('A'),
      receipt: `recordMovements(input: { idempotencyKey: "k2", movements: [{ ${movement} }] }) { __typename }`,
      received: refused('A'),
      ruled: rule('k3', 'sku: "A"', 4),
      otherBefore: refused('B'),
      ruleOfAll: rule('k4', '', 3),
      otherRuled: refused('B'),
      sentBefore: refused('A'),
      sent: `startTransfer(input: { idempotencyKey: "k5", ${transfer} }) {
        ... on TransferSuccess { transfer { lines { ${variant} } } } }`,
    })
    expect(answers).toEqual({
      before: [10, 10],
      count: null,
      counted: [30, 30],
      receipt: null,
      received: [35, 35],
      ruled: [31, 35],
      otherBefore: [10, 10],
      ruleOfAll: null,
      otherRuled: [7, 10],
      sentBefore: [31, 35],
      sent: [25, 29],
    })
  })
})
