import { expect, it } from 'vitest'
import {
  confirmCommand,
  keyedBy,
  openReservationEngine,
  type ReservationEngine,
  reserveCommand,
} from '../../../../bench/reservation-engine.ts'
import { claimKeys } from '../../../../platform/idempotency/idempotency.ts'
import type { Database } from '../../../../platform/sql/database.ts'
import type { ChangeCommand } from '../../../../subgraphs/inventory/reservations/command.ts'
import { lockVariants } from '../../../../subgraphs/inventory/reservations/section-locks.ts'
import { lockWaiters } from '../../../support/lock-waiters.ts'
import { openTestDatabase } from '../../../support/postgres.ts'

type Shop = AsyncDisposable & {
  readonly database: Database
  readonly engine: ReservationEngine
  /** The reservation of the buyer `first`, who has the last unit. */
  readonly last: string
}

/** One unit of `hot`, sold, and a buyer told so: whoever asks next is looked after without a section. */
async function openSoldOutShop(): Promise<Shop> {
  const test = await openTestDatabase()
  const engine = await openReservationEngine(test.database)
  await engine.stock('hot', 1)
  await engine.stock('other', 1)
  const last = await engine.reserve('hot', 'first')
  expect(await engine.submit(reserveCommand('hot', 'second'))).toMatchObject({ kind: 'insufficient' })
  return {
    database: test.database,
    engine,
    last,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
    },
  }
}

function release(reservationId: string): ChangeCommand {
  const { viewer, correlationId } = reserveCommand('hot', 'first')
  const keyed = keyedBy('releaseReservation', `release ${reservationId}`, reservationId)
  const items = [{ reservationId, quantity: null }]
  return { kind: 'change', keyed, viewer, correlationId, owner: null, items, step: { kind: 'release' } }
}

it('tells that there is none by one statement, while somebody else has the locks of the variant', async () => {
  await using shop = await openSoldOutShop()
  const { engine, database } = shop
  await database.transaction(async (transaction) => {
    await lockVariants(transaction, { variantIds: ['hot'], reservationIds: [], owners: [] })
    const before = database.statementCount()
    const outcome = await engine.submit(reserveCommand('hot', 'third'))
    expect(outcome).toMatchObject({
      kind: 'insufficient',
      shortfalls: [{ variantId: 'hot', requested: 1, available: 0 }],
    })
    expect(database.statementCount() - before).toBe(1)
  })
})

it('stock that came back is found at once, and goes to as many as there are units', async () => {
  await using shop = await openSoldOutShop()
  const { engine, last } = shop
  await engine.submit(release(last))
  const buyers = Array.from({ length: 20 }, (_, n) => `late ${n}`)
  const outcomes = await Promise.all(buyers.map((buyer) => engine.submit(reserveCommand('hot', buyer))))
  const kinds = outcomes.map(({ kind }) => kind)
  expect(kinds.filter((kind) => kind === 'done')).toHaveLength(1)
  expect(kinds.filter((kind) => kind === 'insufficient')).toHaveLength(19)
})

it('who would be given the last unit takes it from nobody who is looked after in the same moment', async () => {
  await using shop = await openSoldOutShop()
  const { engine, last } = shop
  await engine.submit(release(last))
  // The first asks for a unit of the other variant as well, which is locked: its section has decided nothing when the second is answered.
  const both = { ...reserveCommand('hot', 'both'), lines: linesOf('hot', 'other') }
  await shop.database.transaction(async (transaction) => {
    await lockVariants(transaction, { variantIds: ['other'], reservationIds: [], owners: [] })
    const first = engine.submit(both)
    const second = engine.submit(reserveCommand('hot', 'alone'))
    const undecided = Symbol('undecided')
    await expect.poll(() => lockWaiters(shop.database)).toBeGreaterThan(0)
    expect(await Promise.race([second, Promise.resolve(undecided)])).toBe(undecided)
    transaction.commit()
    expect([(await first).kind, (await second).kind].toSorted()).toEqual(['done', 'insufficient'])
  })
})

it('a key stands for what it made, also where nothing is left', async () => {
  await using shop = await openSoldOutShop()
  const { engine, last } = shop
  await engine.submit(confirmCommand(last, 'first'))
  expect(await engine.submit(reserveCommand('hot', 'first'))).toMatchObject({
    kind: 'done',
    replayed: true,
    reservations: [{ id: last }],
  })
  const other = reserveCommand('hot', 'first')
  expect(await engine.submit({ ...other, keyed: { ...other.keyed, fingerprint: 'other' } })).toEqual({
    kind: 'key-reused',
  })
})

it('a command whose twin is under way is not refused before the twin is done', async () => {
  await using shop = await openSoldOutShop()
  const { engine, database } = shop
  const command = reserveCommand('hot', 'third')
  await database.transaction(async (transaction) => {
    await claimKeys(transaction, [command.keyed])
    expect(await engine.submit(command)).toEqual({ kind: 'key-in-progress' })
  })
  expect(await engine.submit(command)).toMatchObject({ kind: 'insufficient' })
})

it('an owner is given again what it holds, and keeps what it has confirmed', async () => {
  await using shop = await openSoldOutShop()
  const { engine, last } = shop
  const again = await engine.submit(reserveCommand('hot', 'first', 600, 'again'))
  expect(again).toMatchObject({ kind: 'done', replayed: false })
  const held = again.kind === 'done' ? (again.reservations[0]?.id ?? '') : ''
  expect(held).not.toBe(last)
  expect(await engine.submit(confirmCommand(held, 'first'))).toMatchObject({ kind: 'done' })
  expect(await engine.submit(reserveCommand('hot', 'first', 600, 'more'))).toMatchObject({ kind: 'insufficient' })
  expect(await engine.drift()).toEqual([])
})

function linesOf(...variantIds: readonly string[]) {
  return variantIds.map((variantId, at) => ({ lineId: `${at}`, variantId, quantity: 1 }))
}
