import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Child, startChild } from '../../../support/child.ts'
import { type OwedWorld, openOwedWorld } from './owed-world.ts'

let shop: OwedWorld
beforeAll(async () => {
  shop = await openOwedWorld()
})
afterAll(() => shop[Symbol.asyncDispose]())

/** How often each reservation of a variant was told to have moved, by their versions and by the log. */
async function movesOf(sku: string): Promise<readonly (readonly [string, number])[]> {
  const { rows } = await shop.world.database.query<{ id: string; moves: number }>(
    `select own.id, own.version - 2 as moves from inventory.reservations as own
     join inventory.variants as variant on variant.id = own.variant_id
     where variant.sku = $1 order by own.id`,
    [sku],
  )
  return rows.map(({ id, moves }) => [id, moves])
}

async function start(...at: readonly string[]): Promise<Child> {
  const child = startChild('owed-child.ts', [shop.world.url, ...at])
  await child.line('ready', 60_000)
  return child
}

/** Until nothing is due, all at once. */
async function placeAll(children: readonly Child[]): Promise<void> {
  await shop.passAWhile()
  for (const child of children) child.send('go')
  await Promise.all(children.map((child) => child.line('done', 60_000)))
}

/** Places that more is taken of than lies there. */
async function overdrawn(): Promise<readonly unknown[]> {
  const { rows } = await shop.world.database.query(
    `select position.location_id, sellable, sum(own.confirmed) as taken from inventory.reservations as own
     join inventory.positions as position on position.variant_id = own.variant_id and position.location_id = own.location_id
     group by 1, 2, own.variant_id having sum(own.confirmed) > sellable`,
  )
  return rows
}

it('a process that is killed before or after its commit leaves it to the next, which places each unit once (I3)', async () => {
  await shop.stock('K', { DC1: 0 })
  await shop.sellAhead('K')
  await shop.comes('K', 20)
  const first = await shop.owe('K', 4)
  const second = await shop.owe('K', 5)
  await shop.count('K', 'DC1', 9)
  const told = async () => {
    await shop.world.settle()
    const { rows } = await shop.world.database.query<{ id: string }>(
      "select id from inventory.variants where sku = 'K'",
    )
    const events = (await shop.world.events()).filter(({ subject }) => subject === rows[0]?.id)
    return events.filter(({ type }) => type === 'retail.inventory.reservations-changed.v3').length
  }
  const before = await told()
  await shop.passAWhile()

  await using one = await start('decided')
  one.send('go')
  expect(await one.ended).toBeNull()
  expect(await movesOf('K')).toEqual([
    [first, 0],
    [second, 0],
  ])
  expect(await told()).toBe(before)
  // Taken by the dead one, for a while.
  expect(await shop.placeOwed()).toEqual([])
  await shop.passAWhile()
  await using two = await start('committed')
  two.send('go')
  expect(await two.ended).toBeNull()
  await using three = await start()
  await placeAll([three])
  expect(await movesOf('K')).toEqual([
    [first, 1],
    [second, 1],
  ])
  expect(await told()).toBe(before + 1)
  expect(await shop.due()).toEqual([])
  expect(await shop.drift()).toEqual([])
}, 120_000)

it('processes that place at once place each unit once, and none that is not there (I3)', async () => {
  let [runs, placed] = [0, 0]
  await using first = await start()
  await using second = await start()
  const history = fc.array(
    fc.oneof(
      fc.record({ owe: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ comes: fc.integer({ min: 1, max: 6 }), at: fc.constantFrom('DC1', 'S1') }),
    ),
    { minLength: 3, maxLength: 7 },
  )
  await fc.assert(
    fc.asyncProperty(history, async (steps) => {
      const sku = `P${++runs}`
      const units: Record<string, number> = { DC1: 0, S1: 0 }
      await shop.stock(sku, units)
      await shop.sellAhead(sku)
      await shop.comes(sku, 1_000)
      for (const step of steps) {
        if ('owe' in step) {
          // What is here is not owed: it is taken first.
          if ((await shop.ats(sku)) === 0) await shop.owe(sku, step.owe)
          continue
        }
        units[step.at] = (units[step.at] ?? 0) + step.comes
        await shop.count(sku, step.at, units[step.at] ?? 0)
        await placeAll([first, second])
        // What was placed is told, and looked at once more.
        await shop.world.settle()
        await placeAll([second, first])
      }
      const moves = await movesOf(sku)
      for (const [, times] of moves) expect([0, 1]).toContain(times)
      placed += moves.filter(([, times]) => times === 1).length
      expect(await overdrawn()).toEqual([])
      expect(await shop.drift()).toEqual([])
    }),
    { numRuns: 8, examples: [[[{ owe: 2 }, { owe: 3 }, { owe: 4 }, { comes: 6, at: 'DC1' }, { comes: 4, at: 'S1' }]]] },
  )
  expect(placed).toBeGreaterThan(2)
}, 120_000)
