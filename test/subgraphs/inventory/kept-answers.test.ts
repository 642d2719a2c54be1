import { expect, it } from 'vitest'
import type { SystemFreshness } from '../../../platform/connector/freshness.ts'
import { fresh, worldNow } from '../../support/subgraph-world.ts'
import { anonymous, service } from '../../support/viewers.ts'
import { channelDocument } from './documents.ts'
import { type Answer, hours, openShop, sku } from './shop.ts'

const query = `query ($items: [AvailabilityItem!]!) { availability(channelId: "web", items: $items) {
  ats status asOf provenance { system asOf ageMs staleness } } }`
const items = [{ sku: 'A' }, { sku: 'B' }]

it('what is told of availability again is what would be worked out now', async () => {
  const systems: SystemFreshness[] = [fresh('erp')]
  let nowMs = worldNow.getTime()
  await using shop = await openShop(systems, () => new Date(nowMs))
  const { world } = shop
  /** Twice by the same question, the second time from what is kept; and once by one that nobody asked before. */
  let asked = 0
  const told = async (viewer = service): Promise<readonly Answer[]> => {
    const ask = async (text: string) => {
      const { data, errors } = await world.tryToAsk(text, { items }, viewer)
      expect(errors).toBeUndefined()
      return data?.availability as readonly Answer[]
    }
    const answers = [await ask(query), await ask(query), await ask(`query Q${asked++} ${query.slice(5)}`)]
    expect(answers[0]).toEqual(answers[2])
    expect(answers[1]).toEqual(answers[2])
    return answers[1] ?? []
  }
  const ats = async (viewer = service) => (await told(viewer)).map((answer) => answer.ats)

  const at = (ms: number) => {
    nowMs = ms
    systems[0] = { ...fresh('erp'), syncedAt: new Date(ms) }
  }

  await world.deliver('safety-rule', { later: { variant: sku('B'), units: 3, validFrom: hours(1), validTo: hours(2) } })
  expect(await ats()).toEqual([35, 13])
  // Bands for who sees no exact numbers.
  expect([await ats(anonymous), await ats()]).toEqual([
    [20, 11],
    [35, 13],
  ])

  // A rule that begins, and ends.
  at(Date.parse(hours(1)) - 1)
  expect(await ats()).toEqual([35, 13])
  at(Date.parse(hours(1)))
  expect(await ats()).toEqual([35, 7])
  at(Date.parse(hours(2)))
  expect(await ats()).toEqual([35, 13])
  // The clock steps back.
  at(Date.parse(hours(2)) - 1)
  expect(await ats()).toEqual([35, 7])
  at(Date.parse(hours(2)))

  // Ages go on, moments do when the system is read again.
  nowMs += 5
  expect((await told())[0]).toMatchObject({ asOf: hours(2), provenance: { asOf: hours(2), ageMs: 5 } })
  nowMs += 5
  expect((await told())[0]).toMatchObject({ asOf: hours(2), provenance: { asOf: hours(2), ageMs: 10 } })
  at(nowMs)
  expect((await told())[0]).toMatchObject({ provenance: { asOf: new Date(nowMs).toISOString(), ageMs: 0 } })

  // Units that are held, until they are not.
  const reserve = `mutation { reserveStock(input: { idempotencyKey: "cart-of-web-0001", channelId: "web", method: SHIP,
    owner: { kind: CART, id: "c1" }, ttlSeconds: 600, lines: [{ lineId: "1", sku: "A", quantity: 4 }] }) {
    ... on ReserveStockSuccess { reservations { expiresAt } } __typename } }`
  const { reserveStock } = (await world.ask(reserve)) as {
    readonly reserveStock: { readonly reservations: readonly { readonly expiresAt: string }[] }
  }
  expect(await ats()).toEqual([31, 13])
  // Ends are summed by the second.
  const endMs = Math.ceil(Date.parse(reserveStock.reservations[0]?.expiresAt ?? '') / 1_000) * 1_000
  at(endMs - 1)
  expect(await ats()).toEqual([31, 13])
  at(endMs)
  expect(await ats()).toEqual([35, 13])

  // A system that grows old, and is read again.
  await world.deliver('degraded-buffer', { erp: { system: 'erp', policy: 'STRICT' } })
  const { softTtlMs, hardTtlMs } = fresh('erp').policy
  nowMs += softTtlMs
  expect((await told())[0]).toMatchObject({ ats: 35, provenance: { staleness: 'FRESH' } })
  nowMs += 1
  expect((await told())[0]).toMatchObject({ provenance: { staleness: 'STALE' } })
  nowMs += hardTtlMs
  expect((await told())[0]).toMatchObject({ ats: 0, provenance: { staleness: 'DEGRADED' } })
  at(nowMs)
  expect(await ats()).toEqual([35, 13])

  // An event.
  await world.deliver('channel', { web: channelDocument('web', { methods: ['PICKUP'] }) })
  expect(await ats()).toEqual([0, 0])
}, 60_000)
