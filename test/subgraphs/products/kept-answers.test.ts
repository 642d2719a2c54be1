import { expect, it } from 'vitest'
import type { SystemFreshness } from '../../../platform/connector/freshness.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { createProducts } from '../../../subgraphs/products/index.ts'
import { fresh, openSubgraphWorld, worldNow } from '../../support/subgraph-world.ts'
import { anonymous, partner, service } from '../../support/viewers.ts'
import { priceDocument, variantDocument } from './documents.ts'

const query = `query ($skus: [String!]!) { variantsBySku(skus: $skus) {
  sku title product { title } price(channelId: "amazon") { amount { amount } compareAt { amount } }
  provenance { ageMs } } }`

it('what is told of variants and their prices again is what would be read now', async () => {
  const systems: SystemFreshness[] = [fresh('erp')]
  let nowMs = worldNow.getTime()
  await using world = await openSubgraphWorld(createProducts, systems, () => new Date(nowMs))
  await world.deliver('variant', { 1: variantDocument('TEE'), 2: variantDocument('MUG'), 3: variantDocument('NEW') })
  const saleFrom = new Date(nowMs + 1_000).toISOString()
  await world.deliver('price', {
    base: priceDocument('TEE'),
    own: priceDocument('MUG', { channelId: 'amazon', amount: '8' }),
    all: priceDocument('MUG', { amount: '9' }),
    sale: priceDocument('TEE', { priceList: 'sale', amount: '7', validFrom: saleFrom }),
  })
  /** Twice by the same question, the second time from what is kept; and once by one that nobody asked before. */
  let asked = 0
  const told = async (viewer: Viewer = anonymous) => {
    const ask = async (text: string) => {
      const { data, errors } = await world.tryToAsk(text, { skus: ['TEE', 'MUG', 'NONE'] }, viewer)
      expect(errors).toBeUndefined()
      return data
    }
    await ask(query)
    const answers = [await ask(query), await ask(`query Q${asked++} ${query.slice(5)}`)]
    expect(answers[0]).toEqual(answers[1])
    const variants = answers[0]?.variantsBySku as readonly ({
      readonly title: string
      readonly product: { readonly title: string }
      readonly price: { readonly amount: { readonly amount: string } }
      readonly provenance: { readonly ageMs: number }
    } | null)[]
    return {
      titles: variants.map((variant) => variant?.title),
      products: variants.map((variant) => variant?.product.title),
      prices: variants.map((variant) => variant?.price.amount.amount),
      ages: variants.map((variant) => variant?.provenance.ageMs),
    }
  }
  expect(await told()).toEqual({
    titles: ['Variant TEE', 'Variant MUG', undefined],
    products: ['Tee', 'Tee', undefined],
    prices: ['10.00', '8.00', undefined],
    ages: [2_000, 2_000, undefined],
  })

  // Who sees prices of one channel alone, of another, of all.
  const others = partner(['ebay'])
  expect((await told(others)).prices).toEqual(['10.00', '9.00', undefined])
  expect((await told(partner(['amazon']))).prices).toEqual(['10.00', '8.00', undefined])
  expect((await told(service)).prices).toEqual(['10.00', '8.00', undefined])
  expect((await told()).prices).toEqual(['10.00', '8.00', undefined])

  // A price that begins.
  nowMs += 999
  expect(await told()).toMatchObject({ prices: ['10.00', '8.00', undefined], ages: [2_999, 2_999, undefined] })
  nowMs += 1
  expect(await told()).toMatchObject({ prices: ['7.00', '8.00', undefined], ages: [3_000, 3_000, undefined] })

  // Events: of a price, of a variant, of its product, of a SKU that nothing had, of one that is for nobody yet.
  await world.deliver('price', { own: null })
  expect((await told()).prices).toEqual(['7.00', '9.00', undefined])
  await world.deliver('variant', { 2: variantDocument('MUG', { title: 'A mug' }) })
  expect((await told()).titles).toEqual(['Variant TEE', 'A mug', undefined])
  await world.deliver('variant', { 3: variantDocument('NONE') })
  await world.deliver('price', { none: priceDocument('NONE') })
  expect((await told()).titles).toEqual(['Variant TEE', 'A mug', 'Variant NONE'])
  const hidden = variantDocument('MUG', { lifecycle: 'DRAFT', title: 'A mug' })
  await world.deliver('variant', { 2: hidden })
  expect([(await told()).titles, (await told(service)).titles]).toEqual([
    ['Variant TEE', undefined, 'Variant NONE'],
    ['Variant TEE', 'A mug', 'Variant NONE'],
  ])
}, 60_000)
