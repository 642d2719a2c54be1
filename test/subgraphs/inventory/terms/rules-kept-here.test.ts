import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCacheFactory } from '../../../../platform/cache/cache-factory.ts'
import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { createCaches } from '../../../../subgraphs/inventory/caches.ts'
import { sharedTermsKey, termsProjection } from '../../../../subgraphs/inventory/terms-model.ts'
import { staff } from '../../../support/viewers.ts'
import { openReservationWorld, type ReservationWorld } from '../reservations/world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any
type Input = Readonly<Record<string, unknown>>

let shop: ReservationWorld
let keys = 0
beforeEach(async () => {
  shop = await openReservationWorld()
  await shop.stock('A', { DC1: 10, S1: 3 })
  await shop.stock('B', { DC1: 10 })
})
afterEach(() => shop[Symbol.asyncDispose]())

const operations: Viewer = { ...staff(['ops-admin']), tenant: 'test', clientId: 'console' }

const ruleFields = `__typename id version system changedBy changeReason validFrom validTo
  ... on SafetyRule { channelId units percent variant { id } location { code } }
  ... on ChannelAllocation { channelId mode units percent consumed }
  ... on LocationExclusion { location { code } quarantine reason }`

async function change(name: string, input: Input): Promise<Answer> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`
  const { data, errors }: Answer = await shop.world.tryToAsk(
    `mutation ($input: ${type}!) { answer: ${name}(input: $input) {
      __typename ... on DomainError { code message path } ... on VersionConflict { currentVersion }
      ... on StockRuleChanged { ruleId version replayed rule { ${ruleFields} } } } }`,
    { input: { idempotencyKey: `rule-${++keys}`, reason: 'a test', ...input } },
    operations,
  )
  if (errors !== undefined) throw new Error(JSON.stringify(errors))
  return data.answer
}

const safety = (input: Input) => change('upsertSafetyRule', input)
const allocation = (input: Input) => change('upsertChannelAllocation', { channelId: 'amazon', ...input })
const exclusion = (input: Input) => change('upsertExclusion', input)

async function list(variables: Input = {}): Promise<Answer> {
  const query = `query ($variantId: ID, $first: Int, $after: String) {
    stockRules(variantId: $variantId, first: $first, after: $after) {
      edges { node { ${ruleFields} } } pageInfo { hasNextPage endCursor } } }`
  return ((await shop.world.ask(query, variables)) as Answer).stockRules
}

async function eventCount(): Promise<number> {
  const { rows } = await shop.world.database.query<{ count: bigint }>('select count(*) from event_log.events')
  return Number(rows[0]?.count)
}

describe('rules that are kept here', () => {
  it('hold with the answer, in availability and for the next reservation', async () => {
    expect(await shop.ats('A')).toBe(13)
    const answer = await safety({ scope: { sku: 'A' }, units: 2, percent: '25.5' })
    expect(answer).toMatchObject({
      __typename: 'StockRuleChanged',
      version: 1,
      replayed: false,
      rule: {
        __typename: 'SafetyRule',
        id: answer.ruleId,
        system: 'storeloom',
        ...{ units: 2, percent: '25.5', changedBy: 's1', changeReason: 'a test' },
      },
    })
    // No projector has run: 10 less 3 of which 25.5 % are rounded up, 3 less 2.
    expect(await shop.ats('A')).toBe(8)
    expect(await shop.reserve('A', 9)).toMatchObject({ __typename: 'InsufficientStock' })
    expect((await shop.reserve('A', 8)).__typename).toBe('ReserveStockSuccess')
  })

  it('reach the memory of every other process by their event', async () => {
    await using elsewhere = createCacheFactory({ maxEntries: 100 })
    const caches = createCaches(shop.world.database, elsewhere)
    const rulesThere = async () => (await caches.sharedTerms.get(sharedTermsKey)).value?.safetyRules.length
    expect(await rulesThere()).toBe(0)
    await safety({ units: 2 })
    expect(await rulesThere()).toBe(0)
    await shop.world.settle()
    for (const event of await shop.world.events()) elsewhere.invalidate(termsProjection.keysOf(event))
    expect(await rulesThere()).toBe(1)
  })

  it('are changed by who knows the newest version alone, once', async () => {
    const { ruleId: id, version } = await safety({ scope: { sku: 'A' }, units: 2 })
    const racing = await Promise.all(
      [3, 4, 5, 6].map((units) => safety({ id, expectedVersion: version, scope: { sku: 'A' }, units })),
    )
    expect(racing.map(({ __typename }) => __typename).sort()).toEqual([
      'StockRuleChanged',
      ...Array.from({ length: 3 }, () => 'VersionConflict'),
    ])
    expect(racing.find(({ __typename }) => __typename === 'VersionConflict')).toMatchObject({
      code: 'CONFLICT',
      currentVersion: 2,
      path: ['input', 'expectedVersion'],
    })
    const won = racing.find(({ __typename }) => __typename === 'StockRuleChanged')
    expect(await shop.ats('A')).toBe(13 - won.rule.units - Math.min(3, won.rule.units))
  })

  it('are done once per key, and a key with another body is refused', async () => {
    const first = await safety({ idempotencyKey: 'k', scope: { sku: 'A' }, units: 2 })
    expect(await safety({ idempotencyKey: 'k', scope: { sku: 'A' }, units: 2 })).toEqual({ ...first, replayed: true })
    expect(await safety({ idempotencyKey: 'k', scope: { sku: 'A' }, units: 3 })).toMatchObject({
      __typename: 'IdempotencyKeyReused',
    })
    expect((await list()).edges).toHaveLength(1)
  })

  it('that come to be about another variant leave the former', async () => {
    const { ruleId: id, version } = await safety({ scope: { sku: 'A' }, units: 2 })
    expect([await shop.ats('A'), await shop.ats('B')]).toEqual([9, 10])
    await safety({ id, expectedVersion: version, scope: { sku: 'B' }, units: 2 })
    expect([await shop.ats('A'), await shop.ats('B')]).toEqual([13, 8])
    await shop.world.settle()
    expect([await shop.ats('A'), await shop.ats('B')]).toEqual([13, 8])
  })

  it('end by themselves, or are removed for good, and the log keeps who did and why', async () => {
    await safety({ scope: { sku: 'A' }, units: 1, validTo: '2026-10-01T12:00:00.000Z' })
    expect(await shop.ats('A')).toBe(13)
    const { ruleId: id } = await exclusion({
      scope: { locationId: await shop.locationId('S1') },
      reason: 'stocktaking',
    })
    expect(await shop.ats('A')).toBe(10)
    const gone = await change('removeStockRule', { id, expectedVersion: 1, reason: 'counted' })
    expect(gone).toMatchObject({ __typename: 'StockRuleChanged', version: 2, rule: null })
    expect(await shop.ats('A')).toBe(13)
    expect(await change('removeStockRule', { id, expectedVersion: 2 })).toMatchObject({
      __typename: 'StockRuleNotFound',
    })
    await shop.world.settle()
    const told = (await shop.world.events()).filter(({ subject }) => subject === id)
    expect(told.map(({ type, authority, data }) => [type, authority, data.decision])).toEqual([
      ['retail.inventory.location-exclusion-changed.v1', 'storeloom', { by: 's1', reason: 'stocktaking' }],
      ['retail.inventory.term-withdrawn.v1', 'storeloom', { by: 's1', reason: 'counted' }],
    ])
  })

  it('keep a quota for one channel, limit it, or let it take what there is (K031, K032)', async () => {
    const { ruleId: id } = await allocation({ sku: 'A', mode: 'RING_FENCED', units: 6, consumed: 2 })
    expect([await shop.ats('A'), await shop.ats('A', 'amazon')]).toEqual([9, 4])
    await allocation({ id, expectedVersion: 1, sku: 'A', mode: 'CAP', percent: '50' })
    expect([await shop.ats('A'), await shop.ats('A', 'amazon')]).toEqual([13, 5])
    await allocation({ id, expectedVersion: 2, sku: 'A', mode: 'SHARED', publishFloor: 11 })
    expect([await shop.ats('A'), await shop.ats('A', 'amazon')]).toEqual([13, 0])
  })

  it('are listed with those that systems keep, which are changed there alone', async () => {
    await shop.world.deliver('safety-rule', { all: { units: 1 } })
    const kept = await safety({ scope: { sku: 'A', channelId: 'web' }, units: 2 })
    const first = await list({ first: 1 })
    expect(first.edges.map(({ node }: Answer) => node)).toMatchObject([
      { id: 'safety-rule:erp:all', system: 'erp', units: 1, percent: null, changedBy: null, variant: null },
    ])
    const rest = await list({ first: 1, after: first.pageInfo.endCursor })
    expect(rest).toMatchObject({ edges: [{ node: { id: kept.ruleId } }], pageInfo: { hasNextPage: false } })
    const ofVariant = await list({ variantId: kept.rule.variant.id })
    expect(ofVariant.edges.map(({ node }: Answer) => node.id)).toEqual([kept.ruleId])
    expect(await safety({ id: 'safety-rule:erp:all', expectedVersion: 1, units: 9 })).toMatchObject({
      __typename: 'NotAuthority',
      message: expect.stringContaining('kept by erp'),
    })
  })

  it('leave the read models as a rebuild makes them', async () => {
    const { ruleId: id } = await safety({ scope: { sku: 'A' }, units: 2 })
    await safety({ id, expectedVersion: 1, scope: { sku: 'B' }, units: 2 })
    await exclusion({ scope: { channelId: 'web' } })
    await shop.world.settle()
    const before = await shop.world.dump()
    await shop.world.rebuild()
    expect(await shop.world.dump()).toEqual(before)
  })
})

describe('bad input to a rule is a typed answer and changes nothing', () => {
  it('names the field, and what is allowed', async () => {
    const { ruleId: id } = await safety({ scope: { sku: 'A' }, units: 2 })
    const before = await eventCount()
    const mistakes = await Promise.all([
      safety({}),
      safety({ units: -1 }),
      safety({ units: 2_000_000_000 }),
      safety({ percent: '100.01' }),
      safety({ percent: '1.234' }),
      safety({ percent: '-1' }),
      safety({ units: 1, scope: { channelId: 'none' } }),
      safety({ units: 1, scope: { locationId: 'loc_none' } }),
      safety({ units: 1, scope: { sku: 'NONE' } }),
      safety({ units: 1, scope: { variantId: 'var_none' } }),
      safety({ units: 1, scope: { variantId: 'var_none', sku: 'A' } }),
      safety({ units: 1, scope: { category: '' } }),
      safety({ units: 1, validFrom: '2026-10-02T00:00:00Z', validTo: '2026-10-01T00:00:00Z' }),
      safety({ units: 1, reason: '' }),
      safety({ units: 1, id }),
      safety({ units: 1, expectedVersion: 1 }),
      exclusion({ scope: {} }),
      allocation({ mode: 'RING_FENCED' }),
      allocation({ mode: 'CAP' }),
      allocation({ mode: 'CAP', units: 1, percent: '1' }),
      allocation({ mode: 'SHARED', units: 1 }),
      allocation({ mode: 'SHARED', consumed: 1 }),
      allocation({ mode: 'SHARED', publishFloor: -1 }),
      allocation({ mode: 'SHARED', channelId: 'none' }),
    ])
    expect(mistakes.map((one) => [one.__typename, one.path.slice(1).join('.')])).toEqual(
      [
        'units',
        'units',
        'units',
        'percent',
        'percent',
        'percent',
        'scope.channelId',
        'scope.locationId',
        'scope.sku',
        'scope.variantId',
        'scope.sku',
        'scope.category',
        'validTo',
        'reason',
        'expectedVersion',
        'expectedVersion',
        'scope',
        'units',
        'units',
        'units',
        'units',
        'consumed',
        'publishFloor',
        'channelId',
      ].map((path) => ['InvalidStockRule', path]),
    )
    expect(await safety({ id: 'safety-rule:storeloom:none', expectedVersion: 1, units: 1 })).toMatchObject({
      __typename: 'StockRuleNotFound',
    })
    // Of another kind.
    expect(await exclusion({ id, expectedVersion: 1, scope: { channelId: 'web' } })).toMatchObject({
      __typename: 'StockRuleNotFound',
    })
    await expect(safety({ idempotencyKey: '', units: 1 })).rejects.toThrow(/BAD_USER_INPUT/)
    expect(await eventCount()).toBe(before)
    expect(await shop.ats('A')).toBe(9)
  })
})
