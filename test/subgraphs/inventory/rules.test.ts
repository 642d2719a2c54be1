import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SystemFreshness } from '../../../platform/connector/freshness.ts'
import { fresh, type SubgraphWorld, worldNow } from '../../support/subgraph-world.ts'
import { hours, location, openShop, type Shop, sku } from './shop.ts'

let shop: Shop
let world: SubgraphWorld
let systems: SystemFreshness[]
beforeEach(async () => {
  systems = [fresh('erp'), fresh('pos')]
  shop = await openShop(systems)
  world = shop.world
})
afterEach(() => shop[Symbol.asyncDispose]())

const ask: Shop['ask'] = (...given) => shop.ask(...given)
const ats: Shop['ats'] = (...given) => shop.ats(...given)
const explained = 'ats explain { onHand ats terms { kind units ruleId system location { code } } }'

/** The worked vector: everything of the formula at once, from documents. */
async function deliverWorkedVector(): Promise<void> {
  await world.deliver('safety-rule', {
    dc: { location: location('DC'), percent: '10' },
    store: { location: location('S1'), units: 2 },
  })
  await world.deliver('channel-allocation', {
    amazon: { channelId: 'amazon', variant: sku('A'), mode: 'RING_FENCED', units: 8, consumed: 2 },
  })
}

describe('rules from documents', () => {
  it('make the numbers, and explain attributes each unit to its rule', async () => {
    await deliverWorkedVector()
    // 40 - 10 - 10 % of 40, and 5 - 2, less the 6 that are Amazon's.
    expect(await ats('web')).toBe(23)
    expect(await ats('amazon')).toBe(6)
    const answer = await ask('web', explained)
    expect(answer).toMatchObject({
      ats: 23,
      explain: {
        onHand: 45,
        ats: 23,
        terms: [
          { kind: 'ON_HAND', units: 40, location: { code: 'DC' } },
          { kind: 'COMMITTED', units: -10, location: { code: 'DC' } },
          { kind: 'SAFETY_STOCK', units: -4, ruleId: 'safety-rule:erp:dc', location: { code: 'DC' } },
          { kind: 'ON_HAND', units: 5, location: { code: 'S1' } },
          { kind: 'SAFETY_STOCK', units: -2, ruleId: 'safety-rule:erp:store', location: { code: 'S1' } },
          { kind: 'OTHER_ALLOCATION', units: -6, ruleId: 'channel-allocation:erp:amazon', location: null },
        ],
      },
    })
  })

  it('of a variant win over those of a location, and those over one of all', async () => {
    await world.deliver('safety-rule', { all: { units: 20 }, dc: { location: location('DC'), units: 7 } })
    expect(await ats('web')).toBe(30 - 7)
    await world.deliver('safety-rule', { a: { variant: sku('A'), units: 1 } })
    expect(await ats('web')).toBe(29 + 4)
  })

  it('of a category hold for what is in it', async () => {
    await world.deliver('safety-rule', { tents: { category: 'Outdoor/Tents', units: 4 } })
    expect([await ats('web', 'A'), await ats('web', 'B')]).toEqual([35, 13])
    await world.deliver('category', { A: { categoryPath: ['Outdoor', 'Tents'] } })
    expect([await ats('web', 'A'), await ats('web', 'B')]).toEqual([26 + 1, 13])
  })

  it('that are time-boxed begin and end by themselves (K216)', async () => {
    await world.deliver('safety-rule', {
      over: { units: 5, validTo: hours(-1) },
      running: { units: 3, validFrom: hours(-1), validTo: hours(1) },
      later: { units: 9, validFrom: hours(1) },
    })
    expect(await ats('web')).toBe(27 + 2)
  })

  it('are withdrawn with their document', async () => {
    await world.deliver('safety-rule', { all: { units: 2 }, a: { variant: sku('A'), units: 3 } })
    expect(await ats('web')).toBe(27 + 2)
    await world.deliver('safety-rule', { a: null })
    expect(await ats('web')).toBe(28 + 3)
    await world.deliver('safety-rule', { all: null })
    expect(await ats('web')).toBe(35)
  })

  it('that exclude or quarantine take a location out, and are named (K031)', async () => {
    await world.deliver('location-exclusion', {
      mold: { location: location('DC'), reason: 'water damage', quarantine: true },
      stores: { channelId: 'amazon', location: location('S1'), reason: 'marketplace from the centre' },
    })
    expect([await ats('web'), await ats('amazon')]).toEqual([5, 0])
    const { explain } = await ask('web', explained)
    expect(explain).toMatchObject({
      terms: expect.arrayContaining([
        expect.objectContaining({ kind: 'QUARANTINED', units: -30, ruleId: 'location-exclusion:erp:mold' }),
      ]),
    })
  })

  it('publish nothing below a floor and no more than a cap', async () => {
    await world.deliver('channel-allocation', { web: { channelId: 'web', mode: 'SHARED', publishFloor: 36 } })
    expect(await ats('web')).toBe(0)
    await world.deliver('channel-allocation', { web: { channelId: 'web', mode: 'CAP', percent: '50', maxPublish: 12 } })
    expect(await ats('web')).toBe(12)
  })

  it('refuse what makes no sense, naming it', async () => {
    await world.deliver('safety-rule', { empty: {}, much: { percent: '101' } })
    await world.deliver('channel-allocation', { fence: { channelId: 'web', mode: 'RING_FENCED' } })
    await world.deliver('kit', { none: { variant: sku('KIT'), components: [] } })
    expect(await world.deadLetters()).toEqual({
      empty: expect.stringContaining('allowed is units, percent, or both'),
      much: expect.stringContaining('percent is "101", allowed is 0 to 100'),
      fence: expect.stringContaining('units where the mode is RING_FENCED'),
      none: expect.stringContaining('components is a list of 0'),
    })
  })
})

describe('an old source', () => {
  const late = (minutes: number) => ({
    ...fresh('erp'),
    syncedAt: new Date(worldNow.getTime() - minutes * 60_000),
    policy: { softTtlMs: 60_000, hardTtlMs: 3_600_000 },
  })

  it('holds back what it may have sold unheard of, more of it as time goes by (K176, K211)', async () => {
    await world.deliver('sales-velocity', { a: { variant: sku('A'), location: location('DC'), unitsPerHour: 120 } })
    expect(await ats('web')).toBe(35)
    systems[0] = late(6)
    expect(await ats('web')).toBe(35 - 10)
    const { explain } = await ask('web', explained)
    expect(explain).toMatchObject({
      terms: expect.arrayContaining([expect.objectContaining({ kind: 'STALE_SOURCE', units: -10, system: 'erp' })]),
    })
    systems[0] = late(11)
    expect(await ats('web')).toBe(35 - 20)
    systems[0] = fresh('erp')
    expect(await ats('web')).toBe(35)
  })

  it('publishes nothing past its hard bound where the rule is strict', async () => {
    await world.deliver('degraded-buffer', { erp: { system: 'erp', policy: 'STRICT' } })
    systems[0] = late(30)
    expect(await ats('web')).toBe(35)
    systems[0] = late(61)
    expect(await ats('web')).toBe(0)
  })
})

describe('kits (K051)', () => {
  it('are as many as their components allow, and explained by them', async () => {
    await world.deliver('kit', {
      k: {
        variant: sku('KIT'),
        components: [
          { variant: sku('A'), quantity: 2 },
          { variant: sku('B'), quantity: 1 },
        ],
      },
    })
    expect(await ats('web', 'KIT')).toBe(13)
    const { explain } = await ask(
      'web',
      'explain { ats terms { kind units } components { quantity ats terms { units } } }',
      'KIT',
    )
    expect(explain).toMatchObject({
      ats: 13,
      terms: [{ kind: 'MADE_UP', units: 13 }],
      components: [
        { quantity: 2, ats: 35 },
        { quantity: 1, ats: 13 },
      ],
    })
    await world.deliver('kit', {
      k: {
        variant: sku('KIT'),
        shipTogether: true,
        components: [
          { variant: sku('A'), quantity: 2 },
          { variant: sku('B'), quantity: 1 },
        ],
      },
    })
    expect(await ask('web', 'ats largestSingleLocation', 'KIT')).toEqual({ ats: 9, largestSingleLocation: 9 })
  })

  it('say why there are fewer than their components make: what they are excluded from, and what a channel has of them', async () => {
    await world.deliver('kit', {
      k: { variant: sku('KIT'), components: ['A', 'B'].map((part) => ({ variant: sku(part), quantity: 1 })) },
    })
    const fields = `ats explain { ats terms { kind units ruleId }
      components { ats terms { kind units ruleId location { code } } } }`
    expect(await ats('web', 'KIT')).toBe(13)
    await world.deliver('location-exclusion', {
      apart: { variant: sku('KIT'), location: location('S2'), reason: 'nobody there to pack it' },
    })
    await world.deliver('channel-allocation', {
      quota: { channelId: 'amazon', variant: sku('KIT'), mode: 'RING_FENCED', units: 2 },
      floor: { channelId: 'web', variant: sku('KIT'), mode: 'CAP', units: 5, publishFloor: 6 },
    })
    const { ats: told, explain } = await ask('web', fields, 'KIT')
    expect(told).toBe(0)
    const { terms, components } = explain as Explained
    expect(terms.map(({ kind, units }) => [kind, units])).toEqual([
      ['MADE_UP', 9],
      ['OTHER_ALLOCATION', -2],
      ['ALLOCATION_LIMIT', -2],
      ['PUBLISH_FLOOR', -5],
    ])
    for (const { ruleId } of terms.slice(1)) expect(ruleId).not.toBeNull()
    const [, ofB] = components
    expect(ofB?.ats).toBe(9)
    expect(ofB?.terms.filter(({ kind }) => kind === 'EXCLUDED')).toEqual([
      { kind: 'EXCLUDED', units: -4, ruleId: expect.any(String), location: { code: 'S2' } },
    ])
    for (const { ats: all, terms: own } of components) expect(own.reduce((sum, { units }) => sum + units, 0)).toBe(all)
    // B itself is sold there as ever.
    expect(await ats('web', 'B')).toBe(13)
  })
})

type Term = { readonly kind: string; readonly units: number; readonly ruleId: string | null }
type Explained = {
  readonly terms: readonly Term[]
  readonly components: readonly { readonly ats: number; readonly terms: readonly Term[] }[]
}
