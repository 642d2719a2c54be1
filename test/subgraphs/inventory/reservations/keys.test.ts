import { expect, it } from 'vitest'
import { openReservationEngine, type ReservationEngine, reserveCommand } from '../../../../bench/reservation-engine.ts'
import { writeRecords } from '../../../../platform/idempotency/idempotency.ts'
import type { Database } from '../../../../platform/sql/database.ts'
import type { Done, Outcome, ReserveCommand } from '../../../../subgraphs/inventory/reservations/command.ts'
import { lockVariants } from '../../../../subgraphs/inventory/reservations/section-locks.ts'
import { lockWaiters } from '../../../support/lock-waiters.ts'
import { openTestDatabase } from '../../../support/postgres.ts'

type Shop = AsyncDisposable & { readonly database: Database; readonly engine: ReservationEngine }

async function openShop(): Promise<Shop> {
  const test = await openTestDatabase()
  const engine = await openReservationEngine(test.database)
  await engine.stock('a', 10)
  await engine.stock('b', 10)
  await test.database.query(
    `insert into inventory.locations (id, code, name, kind, time_zone, address, capabilities, active, refs, system, received_at, version)
     values ('elsewhere', 'E', 'E', 'DC', 'Europe/Paris', '{}', '{SHIP}', true, '[]', 'erp', now(), 1)`,
  )
  await test.database.query(
    `insert into inventory.positions select (jsonb_populate_record(known, '{"location_id": "elsewhere"}')).* from inventory.positions as known`,
  )
  return {
    database: test.database,
    engine,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
    },
  }
}

/** Two lines, so that a key stands for more than one reservation. */
function twoLines(placed: boolean): ReserveCommand {
  const lines = [
    { lineId: 'one', variantId: 'b', quantity: 2 },
    { lineId: 'two', variantId: 'a', quantity: 1 },
  ]
  return { ...reserveCommand('a', 'buyer'), lines, placed }
}

async function done(engine: ReservationEngine, command: ReserveCommand): Promise<Done> {
  const outcome = await engine.submit(command)
  if (outcome.kind !== 'done') throw new Error(`not done: ${outcome.kind}`)
  return outcome
}

it.each([
  [true, 'elsewhere'],
  [false, 'dc'],
])(
  'a key stands for what was answered first (placed: %s), whatever has become of it since',
  async (placed, locationId) => {
    await using shop = await openShop()
    const { engine } = shop
    const command = twoLines(placed)
    const first = await done(engine, command)
    for (const { id, variantId } of first.reservations) {
      const { viewer, correlationId } = command
      const keyed = { ...command.keyed, id: command.keyed.id.replaceAll(/./g, variantId) }
      const step = { kind: 'move', locationId, variantId } as const
      const items = [{ reservationId: id, quantity: null }]
      const moved = await engine.submit({ kind: 'change', keyed, viewer, correlationId, owner: null, items, step })
      expect(moved).toMatchObject({ kind: 'done', reservations: [{ id, locationId }] })
    }
    expect(await engine.submit(command)).toEqual({ ...first, replayed: true })
    expect(await engine.submit({ ...command, keyed: { ...command.keyed, fingerprint: 'other' } })).toEqual({
      kind: 'key-reused',
    })
  },
)

it('a key is forgotten after a day, and may stand for something else then', async () => {
  await using shop = await openShop()
  const { engine, database } = shop
  const command = twoLines(true)
  const first = await done(engine, command)
  await database.query(`update inventory.reservations set created_at = created_at - interval '1 day'`, [])
  const later: ReserveCommand = { ...command, keyed: { ...command.keyed, fingerprint: 'other' } }
  const second = await done(engine, later)
  expect(second.replayed).toBe(false)
  expect(second.reservations.map(({ id }) => id)).not.toEqual(first.reservations.map(({ id }) => id))
  expect(await engine.submit(later)).toEqual({ ...second, replayed: true })
})

it('a record of a former release is answered from as it was', async () => {
  await using shop = await openShop()
  const { engine, database } = shop
  const command = reserveCommand('a', 'buyer')
  const parts = [{ id: 'rsv_former', lineId: '1', variantId: 'a', locationId: 'dc', quantity: 1 }]
  const response = { at: '2026-11-30T10:00:00.000Z', parts }
  await database.transaction((transaction) =>
    writeRecords(transaction, [{ ...command.keyed, response, keepSeconds: 86_400 }]),
  )
  expect(await engine.submit(command)).toMatchObject({
    replayed: true,
    reservations: [{ id: 'rsv_former', held: 1, substitutedFor: null, expiresAt: '2026-11-30T10:10:00.000Z' }],
  })
  const { rows } = await database.query('select id from inventory.reservations', [])
  expect(rows).toEqual([])
})

it('a command that meets its twin in the section before is answered what the twin has done', async () => {
  await using shop = await openShop()
  const { engine, database } = shop
  await using other = await openReservationEngine(database)
  // The owner is not locked: what keeps the two apart is the key alone.
  const command = { ...reserveCommand('a', 'buyer'), replaceOwner: false }
  let sent: readonly Promise<Outcome>[] = []
  await database.transaction(async (transaction) => {
    await lockVariants(transaction, { variantIds: ['a'], reservationIds: [], owners: [] })
    const first = engine.submit(command)
    await expect.poll(() => lockWaiters(database)).toBe(1)
    sent = [first, other.submit(command)]
    await expect.poll(() => lockWaiters(database)).toBe(2)
  })
  const outcomes = await Promise.all(sent)
  expect(outcomes.map((outcome) => outcome.kind === 'done' && outcome.replayed)).toEqual([false, true])
})
