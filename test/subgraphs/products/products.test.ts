import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProducts } from '../../../subgraphs/products/index.ts'
import { openSubgraphWorld, type SubgraphWorld, worldReceivedAt } from '../../support/subgraph-world.ts'
import { priceDocument, variantDocument } from './documents.ts'

let world: SubgraphWorld
beforeAll(async () => {
  world = await openSubgraphWorld(createProducts)
  await world.deliver('variant', {
    '1': variantDocument('TEE-S', {
      gtin: '4006381333931',
      options: [{ name: 'size', value: 'S' }],
      media: [{ url: 'https://img.example/tee.jpg', alt: 'A tee' }],
    }),
    '2': variantDocument('TEE-M', { media: [{ url: 'https://img.example/tee.jpg' }] }),
    '3': variantDocument('MUG', { product: { key: 'MUG', title: 'Mug', categoryPath: ['Home', 'Kitchen'] } }),
  })
  await world.deliver('price', {
    a: priceDocument('TEE-S', { amount: '19.99', compareAt: '25.00' }),
    b: priceDocument('TEE-S', { amount: '17.5', channelId: 'web' }),
  })
})
afterAll(() => world[Symbol.asyncDispose]())

describe('products', () => {
  it('answers a variant by SKU with its product, prices and provenance', async () => {
    const data = await world.ask(`{
      variant(sku: "TEE-S") {
        sku gtin title baseUom lifecycle backorderable options { name value } refs { system value }
        product { title brand categoryPath lifecycle media { url alt } variants { sku } }
        price(channelId: "web") { amount { amountMinor currency exponent amount } channelId }
        prices { amount { amount } compareAt { amount } channelId priceList }
        provenance { system occurredAt receivedAt asOf ageMs staleness }
      }
    }`)
    expect(data.variant).toEqual({
      sku: 'TEE-S',
      gtin: '4006381333931',
      title: 'Variant TEE-S',
      baseUom: 'EACH',
      lifecycle: 'ACTIVE',
      backorderable: false,
      options: [{ name: 'size', value: 'S' }],
      refs: [
        { system: 'erp', value: '1' },
        { system: 'sku', value: 'TEE-S' },
        { system: 'gtin', value: '4006381333931' },
      ],
      product: {
        title: 'Tee',
        brand: 'Loom',
        categoryPath: ['Clothes', 'Tops'],
        lifecycle: 'ACTIVE',
        media: [{ url: 'https://img.example/tee.jpg', alt: 'A tee' }],
        variants: [{ sku: 'TEE-M' }, { sku: 'TEE-S' }],
      },
      price: { amount: { amountMinor: '1750', currency: 'EUR', exponent: 2, amount: '17.50' }, channelId: 'web' },
      prices: [
        { amount: { amount: '17.50' }, compareAt: null, channelId: 'web', priceList: 'base' },
        { amount: { amount: '19.99' }, compareAt: { amount: '25.00' }, channelId: null, priceList: 'base' },
      ],
      provenance: {
        system: 'erp',
        occurredAt: null,
        receivedAt: worldReceivedAt,
        asOf: '2026-10-01T11:59:58.000Z',
        ageMs: 2000,
        staleness: 'FRESH',
      },
    })
  })

  it('finds by GTIN and answers SKUs in the order asked, null for unknown ones', async () => {
    const data = await world.ask(`{
      variant(gtin: "4006381333931") { sku }
      variantsBySku(skus: ["MUG", "nothing", "TEE-S", "MUG"]) { sku }
    }`)
    expect(data).toEqual({
      variant: { sku: 'TEE-S' },
      variantsBySku: [{ sku: 'MUG' }, null, { sku: 'TEE-S' }, { sku: 'MUG' }],
    })
  })

  it('answers entity references by id and by SKU', async () => {
    const { variant } = await world.ask('{ variant(sku: "MUG") { id product { id } } }')
    const { id, product } = variant as { id: string; product: { id: string } }
    const data = await world.ask(
      `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Variant { sku } ... on Product { title } } }`,
      {
        of: [
          { __typename: 'Variant', id },
          { __typename: 'Variant', sku: 'TEE-M' },
          { __typename: 'Product', id: product.id },
          { __typename: 'Variant', id: 'var_unknown' },
        ],
      },
    )
    expect(data._entities).toEqual([{ sku: 'MUG' }, { sku: 'TEE-M' }, { title: 'Mug' }, null])
  })

  it('reads 200 references with one statement per table, and none when nothing changed', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [`many-${n}`, variantDocument(`MANY-${n}`)] as const),
    )
    await world.deliver('variant', many)
    const query = `query ($of: [_Any!]!) {
      _entities(representations: $of) { ... on Variant { sku product { title } price(channelId: "web") { priceList } } }
    }`
    const of = Array.from({ length: 200 }, (_, n) => ({ __typename: 'Variant', sku: `MANY-${n}` }))
    expect(await world.statementsOf(query, { of })).toBe(4)
    expect(await world.statementsOf(query, { of })).toBe(0)
  })

  it('refuses what cannot be answered, saying what is allowed', async () => {
    const skus = Array.from({ length: 251 }, (_, n) => `S${n}`)
    const refusals = await Promise.all([
      world.tryToAsk('query ($skus: [String!]!) { variantsBySku(skus: $skus) { sku } }', { skus }),
      world.tryToAsk('{ variant { sku } }'),
      world.tryToAsk('{ variant(id: "a", sku: "b") { sku } }'),
      world.tryToAsk('{ products(first: -1) { edges { cursor } } }'),
      world.tryToAsk('{ products(after: "bm9uc2Vuc2U") { edges { cursor } } }'),
    ])
    expect(refusals.map(({ errors }) => [errors?.[0]?.extensions?.code, errors?.[0]?.message])).toEqual([
      ['BAD_USER_INPUT', 'Cannot find variants: skus has 251 entries, allowed is at most 250'],
      ['BAD_USER_INPUT', 'Cannot find variants: 0 of id, sku and gtin are given, allowed is exactly one'],
      ['BAD_USER_INPUT', 'Cannot find variants: 2 of id, sku and gtin are given, allowed is exactly one'],
      ['BAD_USER_INPUT', 'Cannot page: first is -1, allowed is 1 to 100'],
      ['CURSOR_INVALID', expect.stringContaining('Cannot page: the cursor is not one of this list')],
    ])
  })
})
