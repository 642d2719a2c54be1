import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import {
  confirmCommand,
  keyedBy,
  openReservationEngine,
  type ReservationEngine,
  reserveCommand,
} from '../../../../bench/reservation-engine.ts'
import type { Database } from '../../../../platform/sql/database.ts'
import type { ChangeCommand } from '../../../../subgraphs/inventory/reservations/command.ts'
import { reservationEvents } from '../../../../subgraphs/inventory/reservations/reservation-events.ts'
import { openTestDatabase } from '../../../support/postgres.ts'

const schema = reservationEvents['retail.inventory.reservations-changed.v3']
const variants = ['a', 'b']
const unitsOfEach = 6

/** What a client does next: by itself, or once more with the same key. */
const action = fc.record({
  kind: fc.constantFrom('reserve', 'confirm', 'release', 'consume', 'allocate', 'expire', 'tidy'),
  buyer: fc.integer({ min: 0, max: 5 }),
  variant: fc.constantFrom(...variants),
  quantity: fc.integer({ min: 1, max: 4 }),
  again: fc.boolean(),
})
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** Rounds: what stands in one round is sent at the same time, by two processes, one of which may then be gone. */
const history = fc.array(fc.array(action, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 })

describe('random histories of reservations', () => {
  it('conserve units (I2), never promise more than there is (I3), and do what a key stands for once (I8, I9)', async () => {
    await using test = await openTestDatabase()
    const { database } = test
    await using first = await openReservationEngine(database)
    await using second = await openReservationEngine(test.open())
    let run = 0
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        run += 1
        const name = (text: string) => `${run}-${text}`
        for (const variant of variants) await first.stock(name(variant), unitsOfEach)
        let step = 0
        for (const round of rounds) {
          const sends = round.flatMap((one) => {
            step += 1
            const key = name(`${step}`)
            const send = (engine: ReservationEngine) => perform(engine, database, one, name, key)
            return one.again ? [send(first), send(second)] : [send(step % 2 === 0 ? first : second)]
          })
          await Promise.all(sends)
          await checkBooks(first, database, name)
        }
      }),
      { numRuns: 25, endOnFailure: true },
    )
  })

  it('of one key at the same time leave one effect, in whichever process it ran', async () => {
    await using test = await openTestDatabase()
    await using first = await openReservationEngine(test.database)
    await using second = await openReservationEngine(test.open())
    await first.stock('a', 100)
    const engines = [first, second]
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, (_, n) => (engines[n % 2] ?? first).submit(reserveCommand('a', 'one buyer'))),
    )
    const fresh = outcomes.filter((outcome) => outcome.kind === 'done' && !outcome.replayed)
    expect(fresh).toHaveLength(1)
    expect(new Set(outcomes.map(({ kind }) => kind)).size).toBeLessThanOrEqual(2)
    const { rows } = await test.database.query('select held from inventory.reservations')
    expect(rows).toEqual([{ held: 1 }])
  })
})

async function perform(
  engine: ReservationEngine,
  database: Database,
  { kind, buyer, variant, quantity }: Action,
  name: (text: string) => string,
  key: string,
): Promise<void> {
  if (kind === 'tidy') {
    await engine.tidy()
    return
  }
  const owner = name(`buyer ${buyer}`)
  if (kind === 'expire') {
    await database.query(
      "update inventory.reservations set expires_at = clock_timestamp() - interval '5 seconds' where owner_id = $1 and held > 0",
      [owner],
    )
    return
  }
  if (kind === 'reserve') {
    const command = reserveCommand(name(variant), owner)
    const lines = [{ lineId: '1', variantId: name(variant), quantity }]
    const keyed = keyedBy('reserveStock', key, command.keyed.fingerprint)
    await engine.submit({ ...command, lines, replaceOwner: quantity % 2 === 0, keyed })
    return
  }
  const { rows } = await database.query<{ id: string }>(
    'select id from inventory.reservations where owner_id = $1 order by id desc limit 1',
    [owner],
  )
  const id = rows[0]?.id ?? 'rsv_none'
  const command = confirmCommand(id, owner)
  const step: ChangeCommand['step'] =
    kind === 'confirm' ? command.step : kind === 'release' ? { kind } : { kind, occurredAt: null }
  const items = [{ reservationId: id, quantity: quantity > 2 ? null : quantity }]
  await engine.submit({ ...command, step, items, keyed: keyedBy(kind, key, command.keyed.fingerprint) })
}

/** The oracle: nothing but the events of the log, folded by hand. */
async function checkBooks(
  engine: ReservationEngine,
  database: Database,
  name: (text: string) => string,
): Promise<void> {
  expect(await engine.drift()).toEqual([])
  const { rows } = await database.query<{ variant: string; data: unknown }>(
    `select data->>'variantId' as variant, data from event_log.events
     where type = 'retail.inventory.reservations-changed.v3' and data->>'variantId' = any($1) order by source, sequence`,
    [variants.map(name)],
  )
  const told = rows.flatMap(({ variant, data }) =>
    schema.parse(data).changes.map((change): Told => ({ ...change, variantId: variant })),
  )
  const last = new Map<string, Told>()
  const born = new Map<string, number>()
  for (const data of told) {
    const { held, confirmed, consumed, released, expired } = data.legs
    expect(held + confirmed + consumed + released + expired).toBe(data.quantity)
    expect(data.version).toBe((last.get(data.reservationId)?.version ?? 0) + 1)
    // A unit never comes back from where it ended.
    const before = last.get(data.reservationId)?.legs
    expect(consumed).toBeGreaterThanOrEqual(before?.consumed ?? 0)
    expect(released).toBeGreaterThanOrEqual(before?.released ?? 0)
    expect(expired).toBeGreaterThanOrEqual(before?.expired ?? 0)
    last.set(data.reservationId, data)
    born.set(data.reservationId, data.quantity)
  }
  const stored = await database.query<{ id: string; live: number; legs: number }>(
    `select id, (case when expires_at > clock_timestamp() then held else 0 end) + confirmed + consumed as live,
       held + confirmed + consumed + released + expired as legs
     from inventory.reservations where variant_id = any($1)`,
    [variants.map(name)],
  )
  expect(stored.rows.map(({ id, legs }) => [id, legs]).sort()).toEqual([...born].sort())
  for (const variant of variants) {
    const ids = new Set(
      [...last.values()].filter((told) => told.variantId === name(variant)).map((told) => told.reservationId),
    )
    const taken = stored.rows.filter(({ id }) => ids.has(id)).reduce((sum, { live }) => sum + live, 0)
    expect(taken).toBeLessThanOrEqual(unitsOfEach)
  }
}

type Told = z.infer<typeof schema>['changes'][number] & { readonly variantId: string }
