import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fresh, type SubgraphWorld, worldReceivedAt } from '../../support/subgraph-world.ts'
import { staff } from '../../support/viewers.ts'
import { hours, location, openShop, type Shop, sku } from './shop.ts'

let shop: Shop
let world: SubgraphWorld
let variants: Readonly<Record<string, string>>
let places: Readonly<Record<string, string>>

const supply = (eta: string, overrides: object = {}) => ({
  kind: 'PURCHASE_ORDER',
  variant: sku('A'),
  destination: location('DC'),
  quantity: 50,
  eta,
  state: 'CONFIRMED',
  ...overrides,
})

beforeEach(async () => {
  shop = await openShop([fresh('erp')])
  world = shop.world
  await world.deliver('supply', {
    'PO-1:1': supply(hours(24), { received: 10, claimed: 5, confidence: 0.95, state: 'PARTIALLY_RECEIVED' }),
    'PO-2': supply(hours(8), { destination: location('S1'), state: 'PLACED' }),
    'PO-3': supply(hours(48), { variant: sku('B') }),
    'PO-4': supply(hours(-48), { state: 'RECEIVED', received: 50 }),
    'RT-1': supply(hours(24), {
      kind: 'RETURN_IN_TRANSIT',
      destination: location('S2'),
      state: 'IN_TRANSIT',
      quantity: 1,
    }),
    'PO-5': supply(hours(96), { variant: sku('B'), destination: location('S9') }),
    'PO-6': supply(hours(1)),
  })
  await world.deliver('supply', { 'PO-6': null })
  variants = await idsBy('sku', 'inventory.variants')
  places = await idsBy('code', 'inventory.locations')
})
afterEach(() => shop[Symbol.asyncDispose]())

async function idsBy(column: string, table: string): Promise<Readonly<Record<string, string>>> {
  const { rows } = await world.database.query<{ name: string; id: string }>(
    `select ${column} as name, id from ${table}`,
  )
  return Object.fromEntries(rows.map(({ name, id }) => [name, id]))
}

type Supply = { readonly document: { readonly value: string } }
type Page = {
  readonly edges: readonly { readonly node: Supply }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}

const fields = `id kind variant { id } destination { code } quantity received claimed eta confidence state
  document { system value } version provenance { system receivedAt staleness }`
const query = `query ($filter: SupplyFilter, $first: Int, $after: String) {
  supplyRecords(filter: $filter, first: $first, after: $after) { edges { node { ${fields} } } pageInfo { hasNextPage endCursor } } }`
const ofVariants = `query ($of: [_Any!]!, $states: [SupplyState!], $first: Int!) { _entities(representations: $of) {
  ... on Variant { supplies(states: $states, first: $first) { ${fields} } } } }`

const list = async (variables: Readonly<Record<string, unknown>> = {}): Promise<Page> =>
  (await world.ask(query, variables)).supplyRecords as Page
const documentsOf = ({ edges }: Page) => edges.map(({ node }) => node.document.value)
const documents = async (filter: object) => documentsOf(await list({ filter }))

describe('the list of supply', () => {
  it('tells what is still to come, what is due first first, page by page', async () => {
    const whole = documentsOf(await list())
    expect(whole).toEqual(['PO-2', 'PO-1:1', 'RT-1', 'PO-3', 'PO-5'])
    const first = await list({ first: 2 })
    await world.deliver('supply', { 'PO-2': null, 'PO-7': supply(hours(36)) })
    const second = await list({ first: 2, after: first.pageInfo.endCursor })
    const third = await list({ first: 2, after: second.pageInfo.endCursor })
    expect([...documentsOf(second), ...documentsOf(third)]).toEqual(['RT-1', 'PO-7', 'PO-3', 'PO-5'])
    expect([second, third].map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual([true, false])
  })

  it('tells of each how much came, how sure the rest is, and where it is kept', async () => {
    const { edges } = await list({ filter: { skus: ['A'], locationIds: [places.DC] } })
    expect(edges.map(({ node }) => node)).toEqual([
      {
        id: 'supply:erp:PO-1:1',
        kind: 'PURCHASE_ORDER',
        variant: { id: variants.A },
        destination: { code: 'DC' },
        ...{ quantity: 50, received: 10, claimed: 5, eta: hours(24), confidence: 0.95, state: 'PARTIALLY_RECEIVED' },
        document: { system: 'erp', value: 'PO-1:1' },
        version: 1,
        provenance: { system: 'erp', receivedAt: worldReceivedAt, staleness: 'FRESH' },
      },
    ])
    const { edges: unnamed } = await list({ filter: { variantIds: [variants.B] } })
    expect(unnamed.map(({ node }) => node)).toMatchObject([
      { destination: { code: 'DC' }, confidence: 0.5 },
      { destination: null },
    ])
    await world.database.query("update inventory.terms set data = data - 'origin' where kind = 'supply'")
    expect((await list({ first: 1 })).edges).toMatchObject([{ node: { provenance: null } }])
  })

  it('is narrowed by destination, variant, kind, state and date', async () => {
    expect(await documents({ locationIds: [places.S1, places.S2] })).toEqual(['PO-2', 'RT-1'])
    expect(await documents({ locationIds: [places.S2, places.DC], kinds: ['PURCHASE_ORDER'] })).toEqual([
      'PO-1:1',
      'PO-3',
    ])
    expect(await documents({ variantIds: [variants.B] })).toEqual(['PO-3', 'PO-5'])
    expect(await documents({ skus: ['A', 'unknown'] })).toEqual(['PO-2', 'PO-1:1', 'RT-1'])
    expect(await documents({ skus: ['unknown'] })).toEqual([])
    expect(await documents({ skus: ['A'], kinds: ['RETURN_IN_TRANSIT'] })).toEqual(['RT-1'])
    expect(await documents({ kinds: ['RETURN_IN_TRANSIT', 'TRANSFER'] })).toEqual(['RT-1'])
    expect(await documents({ states: ['RECEIVED', 'PLACED'] })).toEqual(['PO-4', 'PO-2'])
    expect(await documents({ states: ['RECEIVED'], skus: ['A'] })).toEqual(['PO-4'])
    expect(await documents({ states: ['RECEIVED'], locationIds: [places.DC] })).toEqual(['PO-4'])
    for (const filter of [{}, { skus: ['A', 'B'] }, { locationIds: Object.values(places) }]) {
      expect(await documents({ ...filter, dueBefore: hours(24).replace('.000Z', 'Z') })).toEqual(['PO-2'])
    }
  })

  it('has a transfer that is kept here, by its id, until all of it has arrived', async () => {
    const start = `mutation ($from: ID!, $to: ID!) { startTransfer(input: { idempotencyKey: "t", fromLocationId: $from, toLocationId: $to,
      expectedAt: "${hours(12)}", lines: [{ lineId: "1", sku: "B", quantity: 2 }] }) { ... on TransferSuccess { transfer { id } } } }`
    const answer = await world.ask(start, { from: places.DC, to: places.S1 })
    const { id } = (answer.startTransfer as { readonly transfer: { readonly id: string } }).transfer
    await world.settle()
    expect((await list({ filter: { kinds: ['TRANSFER'] } })).edges).toMatchObject([
      { node: { document: { system: 'storeloom', value: id }, quantity: 2, received: 0, destination: { code: 'S1' } } },
    ])
    const receive = `mutation ($id: ID!) { receiveTransfer(input: { idempotencyKey: "r", transferId: $id,
      lines: [{ lineId: "1", received: 2 }] }) { __typename } }`
    expect(await world.ask(receive, { id })).toEqual({ receiveTransfer: { __typename: 'TransferSuccess' } })
    await world.settle()
    expect(await documents({ kinds: ['TRANSFER'] })).toEqual([])
  })

  it('is told of variants with one statement', async () => {
    const of = [variants.A, variants.B].map((id) => ({ __typename: 'Variant', id }))
    const ask = async (given: object) => {
      const { _entities } = await world.ask(ofVariants, { of, first: 10, ...given })
      return (_entities as readonly { readonly supplies: readonly Supply[] }[]).map(({ supplies }) =>
        supplies.map(({ document }) => document.value),
      )
    }
    expect(await ask({})).toEqual([
      ['PO-2', 'PO-1:1', 'RT-1'],
      ['PO-3', 'PO-5'],
    ])
    expect(await ask({ first: 1 })).toEqual([['PO-2'], ['PO-3']])
    expect(await ask({ states: ['RECEIVED'] })).toEqual([['PO-4'], []])
    expect(await world.statementsOf(ofVariants, { of, first: 10 })).toBe(1)
    const associate = staff(['store-associate'], [places.S1 ?? ''])
    const { data } = await world.tryToAsk(ofVariants, { of, first: 10 }, associate)
    expect(data?._entities).toMatchObject([{ supplies: [{ document: { value: 'PO-2' } }] }, { supplies: [] }])
  })

  it('is of the locations a store associate works at', async () => {
    const associate = staff(['store-associate'], [places.S2 ?? ''])
    const answerOf = async (filter: object) => {
      const { data } = await world.tryToAsk(query, { filter }, associate)
      return documentsOf(data?.supplyRecords as Page)
    }
    expect(await answerOf({})).toEqual(['RT-1'])
    expect(await answerOf({ skus: ['A'] })).toEqual(['RT-1'])
    expect(await answerOf({ locationIds: [places.DC] })).toEqual([])
  })

  it('refuses bad questions, saying what is allowed', async () => {
    const { pageInfo } = await list({ first: 1 })
    const of = [{ __typename: 'Variant', id: variants.A }]
    const refusals = await Promise.all([
      world.tryToAsk(query, { first: 0 }),
      world.tryToAsk(query, { filter: { kinds: [] } }),
      world.tryToAsk(query, { filter: { states: [] } }),
      world.tryToAsk(query, { filter: { locationIds: [''] } }),
      world.tryToAsk(ofVariants, { of, first: 101 }),
      world.tryToAsk(query, { filter: { skus: ['A'] }, after: pageInfo.endCursor }),
    ])
    expect(refusals.map(({ errors }) => errors?.[0]?.message)).toEqual([
      'Cannot page: first is 0, allowed is 1 to 100',
      'Cannot list supply: filter.kinds has 0 entries, allowed are some of PURCHASE_ORDER, TRANSFER, RETURN_IN_TRANSIT, PRODUCTION',
      expect.stringContaining('filter.states has 0 entries, allowed are some of PLACED'),
      'Cannot list supply: filter.locationIds has an entry of 0 characters, allowed are 1 to 200 characters, none of them NUL',
      'Cannot list supply: first is 101, allowed are 1 to 100',
      expect.stringContaining('another list, filter or order'),
    ])
    expect(refusals.map(({ errors }) => errors?.[0]?.extensions?.code)).toEqual([
      ...Array(5).fill('BAD_USER_INPUT'),
      'CURSOR_INVALID',
    ])
  })
})
