import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresWakeBus } from '../../../platform/event-log/wake-bus-postgres.ts'
import {
  channelData,
  type EntityProcess,
  type EntityWorld,
  locationData,
  openEntityWorld,
  productData,
  variantData,
} from './entity-world.ts'

const variantChanged = 'retail.variant.changed.v1'
const productChanged = 'retail.product.changed.v1'
const locationChanged = 'retail.inventory.location-changed.v1'
const titles = (...ids: string[]) => `{ shelf(variants: ${JSON.stringify(ids)}) { variants { title } } }`

describe('entities kept by the gateway', () => {
  let world: EntityWorld
  let here: EntityProcess
  beforeAll(async () => {
    world = await openEntityWorld()
    here = await world.open()
    await world.apply(productChanged, 'p1', productData('p1'))
    await world.apply(locationChanged, 'l1', locationData('l1'))
    await world.apply('retail.inventory.channel-changed.v1', 'web', channelData('web'))
  }, 120_000)
  afterAll(() => world[Symbol.asyncDispose]())

  /** The titles, and which subgraphs were asked for them. */
  async function read(query: string, how: Parameters<EntityProcess['ask']>[1] = {}, process = here) {
    process.calls()
    const { data, errors } = await process.ask(query, how)
    const variants: readonly ({ title: string } | null)[] = data.shelf.variants
    return { titles: variants.map((variant) => variant?.title ?? null), errors, calls: process.calls().slice(1) }
  }

  it('are asked for once, until an event says they changed', async () => {
    await world.apply(variantChanged, 'a', variantData('a'))
    expect(await read(titles('a'))).toMatchObject({ titles: ['Title of a'], calls: ['products'] })
    expect(await read(titles('a'))).toMatchObject({ titles: ['Title of a'], calls: [] })
    await world.apply(variantChanged, 'a', variantData('a', { title: 'Renamed' }))
    expect(await read(titles('a'))).toMatchObject({ titles: ['Renamed'], calls: ['products'] })
    expect(await read(titles('a'))).toMatchObject({ titles: ['Renamed'], calls: [] })
  })

  it('tell what was kept, when asked', async () => {
    await world.apply(variantChanged, 'told', variantData('told'))
    await here.ask(titles('a', 'a'))
    const { extensions } = await here.ask(titles('a', 'told', 'a'))
    expect(extensions.entityCache).toEqual({ products: { hits: 1, misses: 1 } })
  })

  it('spare only what is kept: the rest is asked for, with its nulls and errors where they belong', async () => {
    await world.apply(variantChanged, 'b', variantData('b', { gtin: 'no number' }))
    await world.apply(variantChanged, 'c', variantData('c'))
    const withGtin = (...ids: string[]) => `{ shelf(variants: ${JSON.stringify(ids)}) { variants { title gtin } } }`
    await here.ask(withGtin('a'))
    here.calls()
    const { data, errors } = await here.ask(withGtin('c', 'a', 'missing', 'b', 'a'))
    const a = { title: 'Renamed', gtin: null }
    const c = { title: 'Title of c', gtin: null }
    expect(data.shelf.variants).toEqual([c, a, null, { title: 'Title of b', gtin: null }, a])
    const paths = errors.map(({ path }: { path: unknown }) => path)
    expect(paths).toContainEqual(['shelf', 'variants', 3, 'gtin'])
    expect(paths).not.toContainEqual(['shelf', 'variants', 1, 'gtin'])
    expect(here.calls()).toEqual(['shelf', 'products'])
    // An answer with an error in it is not kept, not even what of it is whole.
    const again = await here.ask(withGtin('c', 'a'))
    expect(again.extensions.entityCache).toEqual({ products: { hits: 1, misses: 1 } })
  })

  it('are known not to be there, until they are', async () => {
    expect(await read(titles('new'))).toMatchObject({ titles: [null], calls: ['products'] })
    expect(await read(titles('new'))).toMatchObject({ titles: [null], calls: [] })
    await world.apply(variantChanged, 'new', variantData('new'))
    expect(await read(titles('new'))).toMatchObject({ titles: ['Title of new'] })
  })

  it('are not kept when they change while they are being fetched', async () => {
    await world.apply(variantChanged, 'raced', variantData('raced'))
    const held = here.hold()
    const slow = here.ask(titles('raced'))
    await expect.poll(held.isHolding).toBe(true)
    await world.apply(variantChanged, 'raced', variantData('raced', { title: 'Newer' }))
    held.letGo()
    expect((await slow).data.shelf.variants[0].title).toBe('Title of raced')
    expect(await read(titles('raced'))).toMatchObject({ titles: ['Newer'] })
  })

  it('are not kept while a read model serves what is outdated', async () => {
    await world.apply(variantChanged, 'stale', variantData('stale'))
    await here.ask(titles('stale'))
    await world.apply(variantChanged, 'stale', variantData('stale', { title: 'Newer' }))
    await world.database.query('alter table products.variants rename to elsewhere')
    expect(await read(titles('stale'))).toMatchObject({ titles: ['Title of stale'] })
    await world.database.query('alter table products.elsewhere rename to variants')
    expect(await read(titles('stale'))).toMatchObject({ titles: ['Newer'] })
  })

  it('are shared by who may see the same, and by nobody else', async () => {
    await world.apply(variantChanged, 'draft', variantData('draft', { lifecycle: 'DRAFT' }))
    expect(await read(titles('draft'), { as: 'staff' })).toMatchObject({ titles: ['Title of draft'] })
    expect(await read(titles('draft'), { as: 'otherStaff' })).toMatchObject({ titles: ['Title of draft'], calls: [] })
    expect(await read(titles('draft'), { as: 'anonymous' })).toMatchObject({ titles: [null], calls: ['products'] })
    expect(await read(titles('draft'), { as: 'shopper' })).toMatchObject({ titles: [null], calls: [] })
    expect(await read(titles('draft'), { as: 'partner' })).toMatchObject({ titles: [null], calls: [] })
    expect(await read(titles('draft'), { as: 'service' })).toMatchObject({ titles: ['Title of draft'], calls: [] })
  })

  it.each([
    ['a price, which begins and ends by the clock', 'price(channelId: "web") { priceList }'],
    ['prices, of which a partner sees its own', 'prices { priceList }'],
    ['an age', 'provenance { ageMs }'],
    ['another entity, which events of its own change', 'product { title }'],
    ['what may be promised, a band or a number', 'availability(channelId: "web") { ats }'],
  ])('leave out %s', async (_, selection) => {
    for (const _ of ['first', 'second']) {
      here.calls()
      const { errors } = await here.ask(`{ shelf(variants: ["a"]) { variants { ${selection} } } }`)
      expect([errors, here.calls().length]).toEqual([undefined, 2])
    }
  })

  it('are neither used nor added to by a mutation', async () => {
    await world.apply(variantChanged, 'd', variantData('d'))
    const mutation = 'mutation { restock(variants: ["d"]) { variants { title } } }'
    for (const _ of ['first', 'second']) {
      here.calls()
      const { data, extensions } = await here.ask(mutation)
      expect(data.restock.variants).toEqual([{ title: 'Title of d' }])
      expect(here.calls()).toEqual(['shelf', 'products'])
      expect(extensions?.entityCache).toBeUndefined()
    }
    expect(await read(titles('d'))).toMatchObject({ calls: ['products'] })
  })

  it('belong to what is asked, so one version never shows what another has', async () => {
    const sdl = (text: string) => text.replace('  gtin: GTIN\n', '  gtin: GTIN @lifecycle(removed: "2026-10")\n')
    await using versioned = await world.open({ sdl })
    const both = '{ shelf(variants: ["a"]) { variants { title gtin } } }'
    expect((await versioned.ask(both, { version: '2026-07' })).data.shelf.variants).toEqual([
      { title: 'Renamed', gtin: null },
    ])
    expect((await versioned.ask(both, { version: '2026-10' })).data).toBeUndefined()
    const { data, extensions } = await versioned.ask(titles('a'), { version: '2026-10' })
    expect(data.shelf.variants).toEqual([{ title: 'Renamed' }])
    expect(extensions.entityCache).toEqual({ products: { hits: 0, misses: 1 } })
    expect((await versioned.ask(titles('a'), { version: '2026-07' })).extensions.entityCache).toEqual({
      products: { hits: 1, misses: 0 },
    })
  })

  it('are only those of subgraphs of this process', async () => {
    await using split = await world.open({ keeps: ['inventory'] })
    expect(await read(titles('a'), {}, split)).toMatchObject({ calls: ['products'] })
    expect(await read(titles('a'), {}, split)).toMatchObject({ calls: ['products'] })
    expect(split.store.entries()).toBe(0)
  })

  it('stay within their number', async () => {
    await using small = await world.open({ maxEntries: 2 })
    await small.ask(titles('a', 'c', 'd', 'new'))
    expect(small.store.entries()).toBe(2)
    expect(await read(titles('a', 'new'), {}, small)).toMatchObject({ titles: ['Renamed', 'Title of new'] })
  })

  it('are all dropped by a rebuild', async () => {
    await here.ask(titles('a'))
    await world.rebuild('products.catalogue')
    expect(await read(titles('a'))).toMatchObject({ titles: ['Renamed'], calls: ['products'] })
  })

  it('are what the subgraphs answer, whatever happens: every declared field, every event that touches it', async () => {
    const everything = `{ shelf(variants: ["e1", "e2"], products: ["p1", "p2"], locations: ["l1"]) {
      variants { id sku gtin title options { name value } baseUom lifecycle backorderable refs { system value } }
      products { id title description brand categoryPath lifecycle media { url alt } refs { system value } }
      locations { id code gln name kind timeZone address { name line1 line2 city region postalCode country }
        capabilities active refs { system value } } } }`
    await using fresh = await world.open({ keeps: [] })
    const picture = { url: 'https://shop.example/e.jpg', alt: 'E' }
    const moved = { former: { sku: 'SKU-e1', gtin: null, productId: 'p1' } }
    const steps: readonly (readonly [string, string, ReturnType<typeof variantData>])[] = [
      [productChanged, 'p2', productData('p2')],
      [variantChanged, 'e1', variantData('e1', { media: [picture] })],
      [variantChanged, 'e2', variantData('e2', { productId: 'p2', lifecycle: 'DISCONTINUED' })],
      [variantChanged, 'e1', variantData('e1', { productId: 'p2', sku: 'other', media: [picture], ...moved })],
      [productChanged, 'p1', productData('p1', { brand: 'Other', categoryPath: ['away'] })],
      [variantChanged, 'e2', variantData('e2', { productId: 'p2', lifecycle: 'DRAFT', title: 'No more' })],
      [locationChanged, 'l1', locationData('l1', { name: 'Moved', active: false, capabilities: ['PICKUP'] })],
    ]
    const seen = new Set<string>()
    for (const [type, id, data] of steps) {
      await world.apply(type, id, data)
      for (const as of ['anonymous', 'staff'] as const) {
        const [kept, again, asked] = [
          await here.ask(everything, { as }),
          await here.ask(everything, { as }),
          await fresh.ask(everything, { as }),
        ]
        expect(kept.data).toEqual(asked.data)
        expect(again.data).toEqual(asked.data)
        const none = expect.objectContaining({ misses: 0 })
        expect(again.extensions.entityCache).toEqual({ products: none, inventory: none })
        seen.add(JSON.stringify(asked.data))
      }
    }
    expect(seen.size).toBeGreaterThan(steps.length)
  })
})

describe('entities kept by several processes', () => {
  it('are dropped by what another process applied: at once when it is told, within the poll bound when it is not', async () => {
    await using world = await openEntityWorldWithBus()
    const there = await world.openTold()
    const lonely = await world.open({ pollMs: 100 })
    await world.apply(variantChanged, 'a', variantData('a'))
    for (const process of [there, lonely]) await process.ask(titles('a'))
    await world.append(variantChanged, 'a', variantData('a', { title: 'Renamed' }))
    for (const process of [there, lonely]) {
      // Each projection that applies the event drops it, so the first new answer may be dropped again.
      const seen = async () => {
        const { data, extensions } = await process.ask(titles('a'))
        return [data.shelf.variants[0].title, extensions.entityCache.products.hits]
      }
      await expect.poll(seen, { timeout: 5_000, interval: 10 }).toEqual(['Renamed', 1])
    }
  })

  async function openEntityWorldWithBus() {
    let tell = () => {}
    const world = await openEntityWorld({
      publish: () => tell(),
      subscribe: () => ({ [Symbol.dispose]() {} }),
      async [Symbol.asyncDispose]() {},
    })
    const bus = () => createPostgresWakeBus({ database: world.database, channel: 'applied' })
    const [out, into] = [bus(), bus()]
    tell = out.publish
    return {
      ...world,
      openTold: () => world.open({ appliedBus: into }),
      async [Symbol.asyncDispose]() {
        await Promise.all([out[Symbol.asyncDispose](), into[Symbol.asyncDispose]()])
        await world[Symbol.asyncDispose]()
      },
    }
  }
})
