import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createProducts } from '../../../subgraphs/products/index.ts'
import { catalogueProjection } from '../../../subgraphs/products/read-model.ts'
import { shuffle } from '../../support/shuffle.ts'
import { openSubgraphWorld, type SubgraphWorld } from '../../support/subgraph-world.ts'
import { priceDocument, variantDocument } from './documents.ts'

let world: SubgraphWorld
beforeEach(async () => {
  world = await openSubgraphWorld(createProducts)
})
afterEach(() => world[Symbol.asyncDispose]())

/** A life with every kind of event in it. */
async function live() {
  await world.deliver('variant', {
    '1': variantDocument('A'),
    '2': variantDocument('B'),
    '3': variantDocument('C', { product: { key: 'MUG', title: 'Mug' }, lifecycle: 'PHASE_OUT' }),
  })
  await world.deliver('price', { a: priceDocument('A'), b: priceDocument('B', { channelId: 'web' }) })
  await world.deliver('variant', {
    '1': variantDocument('A2', { title: 'Renamed' }),
    '2': variantDocument('B', { product: { key: 'MUG', title: 'Better mug' } }),
  })
  await world.deliver('price', { a: priceDocument('A2', { amount: '8' }), b: null })
  await world.deliver('variant', { '3': null })
}

describe('the catalogue read model', () => {
  it('equals a rebuild from zero, row for row', async () => {
    await live()
    const before = await world.dump()
    expect(before['products.variants']).toHaveLength(3)
    await world.rebuild()
    expect(await world.dump()).toEqual(before)
  })

  it('comes to the same state when events arrive twice and in any order', async () => {
    await live()
    const before = await world.dump()
    const events = await world.events()
    for (const seed of [1, 2, 3]) {
      await world.reapply(shuffle([...events, ...events], seed))
      expect(await world.dump()).toEqual(before)
    }
  })

  it('shows a change at the next read, under the new name and no longer under the old one', async () => {
    await world.deliver('variant', { '1': variantDocument('A', { gtin: '4006381333931' }) })
    await world.deliver('price', { a: priceDocument('A') })
    const query =
      '{ a: variant(sku: "A") { title } b: variant(sku: "B") { title price(channelId: "web") { amount { amount } } } g: variant(gtin: "4006381333931") { sku } }'
    expect(await world.ask(query)).toEqual({ a: { title: 'Variant A' }, b: null, g: { sku: 'A' } })
    await world.deliver('variant', { '1': variantDocument('B') })
    const price = { amount: { amount: '10.00' } }
    expect(await world.ask(query)).toEqual({ a: null, b: { title: 'Variant B', price }, g: null })
    await world.deliver('price', { a: null })
    expect(await world.ask(query)).toEqual({ a: null, b: { title: 'Variant B', price: null }, g: null })
  })

  it('keeps a product as alive as the liveliest of its variants', async () => {
    await world.deliver('variant', {
      '1': variantDocument('A', { lifecycle: 'DISCONTINUED' }),
      '2': variantDocument('B'),
    })
    const query = '{ variant(sku: "A") { lifecycle product { lifecycle variants { sku } } } }'
    const product = { lifecycle: 'ACTIVE', variants: [{ sku: 'A' }, { sku: 'B' }] }
    expect(await world.ask(query)).toEqual({ variant: { lifecycle: 'DISCONTINUED', product } })
    await world.deliver('variant', { '2': variantDocument('B', { product: { key: 'OTHER', title: 'Other' } }) })
    const left = { lifecycle: 'DISCONTINUED', variants: [{ sku: 'A' }] }
    expect(await world.ask(query)).toEqual({ variant: { lifecycle: 'DISCONTINUED', product: left } })
  })

  it('keeps a variant that its source no longer has, archived', async () => {
    await world.deliver('variant', { '1': variantDocument('A') })
    await world.deliver('variant', { '1': null })
    const { variant } = await world.ask('{ variant(sku: "A") { title lifecycle product { lifecycle } } }')
    expect(variant).toEqual({ title: 'Variant A', lifecycle: 'ARCHIVED', product: { lifecycle: 'ARCHIVED' } })
  })
})

describe('Query.products', () => {
  const query = `query ($first: Int, $after: String, $last: Int, $before: String, $filter: ProductFilter) {
    products(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      edges { node { title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`
  type Page = {
    edges: { node: { title: string } }[]
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string }
  }
  async function page(variables: Readonly<Record<string, unknown>>) {
    const { products } = (await world.ask(query, variables)) as { products: Page }
    return { ...products.pageInfo, titles: products.edges.map(({ node }) => node.title) }
  }
  beforeEach(async () => {
    const products = Array.from({ length: 7 }, (_, n) => ({
      key: `P${n}`,
      title: n === 3 ? '100% Cotton_shirt' : `Product ${n}`,
      brand: n % 2 === 0 ? 'Even' : 'Odd',
      categoryPath: n < 2 ? ['Home', 'Kitchen'] : ['Clothes'],
    }))
    const lifecycle = (n: number) => (n === 6 ? 'DISCONTINUED' : 'ACTIVE')
    const documents = products.map((product, n) => [
      product.key,
      variantDocument(`S${n}`, { product, lifecycle: lifecycle(n) }),
    ])
    await world.deliver('variant', Object.fromEntries(documents))
  })

  it('walks every product once forward and the same way back', async () => {
    const whole = await page({ first: 100 })
    expect(whole.titles).toHaveLength(7)
    const first = await page({ first: 3 })
    const second = await page({ first: 3, after: first.endCursor })
    const third = await page({ first: 3, after: second.endCursor })
    expect([...first.titles, ...second.titles, ...third.titles]).toEqual(whole.titles)
    expect([first.hasNextPage, second.hasNextPage, third.hasNextPage]).toEqual([true, true, false])
    expect((await page({ last: 3, before: third.startCursor })).titles).toEqual(second.titles)
  })

  it('filters by words, category and lifecycle', async () => {
    expect((await page({ filter: { text: 'cotton_ 100%' } })).titles).toEqual(['100% Cotton_shirt'])
    expect((await page({ filter: { text: 'product even' } })).titles).toHaveLength(4)
    expect((await page({ filter: { categoryPrefix: ['Home'] } })).titles).toHaveLength(2)
    expect((await page({ filter: { lifecycle: ['DISCONTINUED'] } })).titles).toEqual(['Product 6'])
  })

  it('refuses the cursor of another filter', async () => {
    const { endCursor } = await page({ first: 1, filter: { text: 'product' } })
    const { errors } = await world.tryToAsk(query, { after: endCursor, filter: { text: 'other' } })
    expect(errors?.[0]?.extensions?.code).toBe('CURSOR_INVALID')
  })
})

describe('the keys a catalogue event makes stale', () => {
  it('are none for an event that is not what its type promises', async () => {
    await world.deliver('variant', { '1': variantDocument('A') })
    const [good] = await world.events()
    if (good === undefined) throw new Error('No event was told')
    expect(catalogueProjection.keysOf(good)).toEqual([{ cache: 'products.product', key: good.subject }])
    expect(catalogueProjection.keysOf({ ...good, data: { productId: 7 } })).toEqual([])
  })
})
