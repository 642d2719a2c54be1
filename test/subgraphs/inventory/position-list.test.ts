import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fresh, type SubgraphWorld } from '../../support/subgraph-world.ts'
import { anonymous, staff } from '../../support/viewers.ts'
import { locationDocument, stockDocument } from './documents.ts'
import { openShop, type Shop } from './shop.ts'

let shop: Shop
let world: SubgraphWorld
let variants: Readonly<Record<string, string>>
let places: Readonly<Record<string, string>>

beforeEach(async () => {
  shop = await openShop([fresh('erp')])
  world = shop.world
  await world.deliver('stock', {
    c1: stockDocument('A', 'S2', { onHand: 2 }),
    // Of a location that nobody has named.
    c2: stockDocument('A', 'S9', { onHand: 1 }),
    c3: stockDocument('KIT', 'S1', { onHand: 3 }),
  })
  await world.deliver('stock', { c3: null })
  variants = await idsBy('sku', 'inventory.variants')
  places = await idsBy('code', 'inventory.locations')
})
afterEach(() => shop[Symbol.asyncDispose]())

async function idsBy(column: string, table: string): Promise<Readonly<Record<string, string>>> {
  const { rows } = await world.database.query<{ name: string; id: string }>(
    `select ${column} as name, id from ${table} order by id`,
  )
  return Object.fromEntries(rows.map(({ name, id }) => [name, id]))
}

type Page = {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[]
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null }
}
type Node = { readonly variant: { readonly id: string }; readonly location: { readonly code: string } }

const query = `query ($filter: PositionFilter, $first: Int, $after: String) {
  inventoryPositions(filter: $filter, first: $first, after: $after) {
    edges { cursor node { id onHand reserved free oversold anomaly variant { id } location { code } provenance { system } } }
    pageInfo { hasNextPage endCursor } } }`

const list = async (variables: Readonly<Record<string, unknown>> = {}): Promise<Page> =>
  (await world.ask(query, variables)).inventoryPositions as Page

const namesOf = ({ edges }: Page) => {
  const skus = new Map(Object.entries(variants).map(([sku, id]) => [id, sku]))
  return edges.map(({ node }) => `${skus.get(node.variant.id)}@${node.location.code}`)
}

const named = async (filter: object) => namesOf(await list({ filter })).toSorted()

describe('the list of positions', () => {
  it('is every position at a location there is, page by page in one order', async () => {
    const whole = await list()
    expect(namesOf(whole).toSorted()).toEqual(['A@DC', 'A@S1', 'A@S2', 'B@DC', 'B@S2'])
    const paged: string[] = []
    let after: string | null = null
    do {
      const page: Page = await list({ first: 2, after })
      paged.push(...namesOf(page))
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null
    } while (after !== null)
    expect(paged).toEqual(namesOf(whole))
  })

  it('keeps its place while positions before it come and go', async () => {
    const whole = namesOf(await list())
    const { pageInfo } = await list({ first: 3 })
    await world.deliver('stock', { a1: null, a2: null, b1: null, c1: null, b2: null })
    await world.deliver('stock', {
      b2: stockDocument('B', 'S2'),
      a2: stockDocument('A', 'S1'),
      b1: stockDocument('B', 'DC'),
    })
    const rest = namesOf(await list({ first: 3, after: pageInfo.endCursor }))
    expect(rest).toEqual(whole.slice(3).filter((name) => ['B@S2', 'A@S1', 'B@DC'].includes(name)))
  })

  it('is narrowed by locations, variants and SKUs, each page by page as well', async () => {
    expect(await named({ locationIds: [places.DC] })).toEqual(['A@DC', 'B@DC'])
    expect(await named({ locationIds: [places.DC, places.S2, 'loc_unknown'] })).toEqual([
      'A@DC',
      'A@S2',
      'B@DC',
      'B@S2',
    ])
    expect(await named({ variantIds: [variants.B] })).toEqual(['B@DC', 'B@S2'])
    expect(await named({ skus: ['A', 'unknown'], locationIds: [places.S1, places.S2] })).toEqual(['A@S1', 'A@S2'])
    expect(await named({ skus: ['A'], variantIds: [variants.B], locationIds: [places.S2] })).toEqual(['A@S2', 'B@S2'])
    expect(await named({ skus: ['unknown'] })).toEqual([])
    for (const filter of [{ locationIds: Object.values(places) }, { skus: ['A', 'B'] }]) {
      const whole = namesOf(await list({ filter }))
      const first = await list({ filter, first: 3 })
      const second = await list({ filter, first: 3, after: first.pageInfo.endCursor })
      expect([...namesOf(first), ...namesOf(second)]).toEqual(whole)
    }
  })

  it('is narrowed to what is oversold and to what cannot be true', async () => {
    await world.deliver('stock', {
      a1: stockDocument('A', 'DC', { onHand: 4, committed: 10 }),
      b2: stockDocument('B', 'S2', { onHand: -3 }),
    })
    expect(await named({ oversoldOnly: true })).toEqual(['A@DC', 'B@S2'])
    expect(await named({ anomaliesOnly: true })).toEqual(['B@S2'])
    expect(await named({ oversoldOnly: true, anomaliesOnly: true })).toEqual(['B@S2'])
    expect(await named({ oversoldOnly: true, skus: ['A'] })).toEqual(['A@DC'])
    expect(await named({ oversoldOnly: true, locationIds: [places.S2] })).toEqual(['B@S2'])
    expect(await named({ anomaliesOnly: true, locationIds: [places.DC] })).toEqual([])
    const filter = { oversoldOnly: true }
    const first = await list({ filter, first: 1 })
    const second = await list({ filter, first: 1, after: first.pageInfo.endCursor })
    expect([...namesOf(first), ...namesOf(second)].toSorted()).toEqual(['A@DC', 'B@S2'])
    expect([...first.edges, ...second.edges].map(({ node }) => node)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ onHand: 4, free: -6, oversold: 6, anomaly: null, provenance: { system: 'erp' } }),
        expect.objectContaining({ onHand: -3, oversold: 3, anomaly: 'NEGATIVE_ON_HAND' }),
      ]),
    )
    await world.deliver('stock', { a1: stockDocument('A', 'DC', { onHand: 40, committed: 10 }) })
    expect(await named({ oversoldOnly: true })).toEqual(['B@S2'])
  })

  it('tells what is reserved there, with one statement for all of a page', async () => {
    const skus = Array.from({ length: 50 }, (_, n) => `SKU-${n}`)
    await world.deliver('catalogue', Object.fromEntries(skus.map((sku) => [sku, {}])))
    await world.deliver('stock', Object.fromEntries(skus.map((sku) => [sku, stockDocument(sku, 'S1')])))
    const reserve = `mutation { reserveStock(input: { idempotencyKey: "k", channelId: "web", owner: { kind: CART, id: "cart-1" },
      lines: [{ lineId: "1", sku: "SKU-7", quantity: 4 }] }) { __typename } }`
    expect(await world.ask(reserve)).toMatchObject({ reserveStock: { __typename: 'ReserveStockSuccess' } })
    await world.settle()
    const all = (await idsBy('sku', 'inventory.variants'))['SKU-7']
    const { edges } = await list({ filter: { variantIds: [all] } })
    expect(edges.map(({ node }) => node)).toMatchObject([{ reserved: 4, free: 6, oversold: 0 }])
    // The page, what is held of its variants, and the network's two tables.
    await world.deliver('location', { 9: locationDocument('S3') })
    await world.deliver('stock', Object.fromEntries(skus.map((sku) => [sku, stockDocument(sku, 'S1', { onHand: 9 })])))
    expect(await world.statementsOf(query, { filter: { locationIds: [places.S1] }, first: 100 })).toBe(4)
  })

  it('is of the locations a store associate works at, and of none for shoppers', async () => {
    const answerOf = async (viewer: Parameters<SubgraphWorld['tryToAsk']>[2], filter: object | null = null) => {
      const { data } = await world.tryToAsk(query, { filter }, viewer)
      return data?.inventoryPositions == null ? null : namesOf(data.inventoryPositions as Page).toSorted()
    }
    const associate = staff(['store-associate'], [places.S2 ?? ''])
    expect(await answerOf(associate)).toEqual(['A@S2', 'B@S2'])
    expect(await answerOf(associate, { locationIds: [places.DC] })).toEqual([])
    expect(await answerOf(associate, { skus: ['A'] })).toEqual(['A@S2'])
    expect(await answerOf(staff(['store-associate']))).toEqual([])
    expect(await answerOf(anonymous)).toEqual([])
  })

  it('refuses bad questions, saying what is allowed', async () => {
    const { pageInfo } = await list({ first: 1 })
    const many = Array.from({ length: 101 }, (_, n) => `x${n}`)
    const refusals = await Promise.all([
      world.tryToAsk(query, { first: 101 }),
      world.tryToAsk(query, { filter: { locationIds: [] } }),
      world.tryToAsk(query, { filter: { variantIds: [...many, ...many] } }),
      world.tryToAsk(query, { filter: { variantIds: many, skus: many } }),
      world.tryToAsk(query, { filter: { skus: ['a\0'] } }),
      world.tryToAsk(query, { filter: { anomaliesOnly: true }, after: pageInfo.endCursor }),
    ])
    expect(refusals.map(({ errors }) => errors?.[0]?.message)).toEqual([
      'Cannot page: first is 101, allowed is 1 to 100',
      'Cannot list positions: filter.locationIds has 0 entries, allowed are 1 to 200',
      'Cannot list positions: filter.variantIds has 202 entries, allowed are 1 to 200',
      'Cannot list positions: filter.variantIds with filter.skus has 202 entries, allowed are 1 to 200',
      'Cannot list positions: filter.skus has an entry of 2 characters, allowed are 1 to 200 characters, none of them NUL',
      expect.stringContaining('another list, filter or order'),
    ])
    expect(refusals.map(({ errors }) => errors?.[0]?.extensions?.code)).toEqual([
      ...Array(5).fill('BAD_USER_INPUT'),
      'CURSOR_INVALID',
    ])
  })
})
