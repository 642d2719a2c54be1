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
import type { ChangeCommand, ReserveCommand } from '../../../../subgraphs/inventory/reservations/command.ts'
import { reservationEvents } from '../../../../subgraphs/inventory/reservations/reservation-events.ts'
import { openTestDatabase } from '../../../support/postgres.ts'
import { until } from '../../../support/until.ts'

const schema = reservationEvents['retail.inventory.reservations-changed.v3']
const variants = ['a', 'b']
const places = { dc: 6, store: 3 } as const

/** What a client does next: by itself, or once more with the same key. */
const action = fc.record({
  kind: fc.constantFrom(
    ...(['reserve', 'reserve', 'owe', 'kit', 'confirm', 'confirm', 'confirm', 'release'] as const),
    ...(['consume', 'consume', 'allocate', 'allocate', 'move', 'expire', 'tidy'] as const),
  ),
  buyer: fc.integer({ min: 0, max: 1 }),
  variant: fc.constantFrom(...variants),
  quantity: fc.integer({ min: 1, max: 4 }),
  to: fc.constantFrom('dc', 'store'),
  again: fc.boolean(),
})
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** Rounds: what stands in one round is sent at the same time, to two processes; of one the connections may break meanwhile. */
const history = fc.array(
  fc.record({ actions: fc.array(action, { minLength: 1, maxLength: 6 }), crash: fc.boolean() }),
  { minLength: 3, maxLength: 9 },
)

describe('random histories of reservations', () => {
  it('conserve units (I2), never promise more than there is (I3), and do what a key stands for once (I8, I9), whatever breaks', async () => {
    await using test = await openTestDatabase()
    const { database } = test
    await using steady = await openReservationEngine(database)
    await using breaking = await openReservationEngine(test.open({ applicationName: 'breaking' }))
    await openStore(database)
    let run = 0
    const seen = { broken: 0, done: new Map<string, number>() }
    await fc.assert(
      fc.asyncProperty(history, async (rounds) => {
        run += 1
        const name = (text: string) => `${run}-${text}`
        for (const variant of variants) await stock(database, name(variant))
        let step = 0
        for (const { actions, crash } of rounds) {
          const sends = actions.flatMap((one) => {
            step += 1
            const perform = toCommand(one, database, name, name(`${step}`), (kind) =>
              seen.done.set(kind, (seen.done.get(kind) ?? 0) + 1),
            )
            const engines = one.again ? [steady, breaking] : [step % 2 === 0 ? steady : breaking]
            return engines.map((engine) => ({ engine, perform }))
          })
          const answers = Promise.allSettled(sends.map(({ engine, perform }) => perform(engine)))
          if (crash) await database.query(terminate)
          for (const [at, answer] of (await answers).entries()) {
            if (answer.status === 'fulfilled' && answer.value) continue
            if (answer.status === 'rejected') seen.broken += 1
            // Whoever was told nothing asks again with the same key: done or not, it must be done once in the end.
            await until('the command is answered', async () => (await sends[at]?.perform(steady)) === true)
          }
          await checkBooks(steady, database, name)
        }
      }),
      { numRuns: 25, endOnFailure: true },
    )
    expect(seen.broken).toBeGreaterThan(0)
    // Histories in which nothing happens prove nothing.
    for (const kind of ['reserve', 'owe', 'kit', 'confirm']) expect(seen.done.get(kind) ?? 0).toBeGreaterThan(0)
    const later = ['consume', 'allocate', 'move'].reduce((sum, kind) => sum + (seen.done.get(kind) ?? 0), 0)
    expect(later).toBeGreaterThan(0)
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

const terminate = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name = 'breaking'`

/** A second place to sell from; the engine has one. */
async function openStore(database: Database): Promise<void> {
  await database.query(
    `insert into inventory.locations (id, code, name, kind, time_zone, address, capabilities, active, refs, system, received_at, version)
     values ('store', 'STORE', 'Store', 'STORE', 'Europe/Paris', '{}', '{SHIP}', true, '[]', 'erp', now(), 1)`,
  )
}

async function stock(database: Database, variantId: string): Promise<void> {
  await database.query(
    `insert into inventory.positions (variant_id, location_id, withdrawn, on_hand, sellable, damaged, quality_control, return_hold,
       manual_hold, committed, incoming, system, received_at, version)
     select $1, location, false, units, units, 0, 0, 0, 0, 0, 0, 'erp', now(), 1
     from jsonb_each_text($2) as shelf (location, text), lateral (select text::int as units) as counted`,
    [variantId, JSON.stringify(places)],
  )
}

/** @returns what sends it to an engine, with one body however often; it tells false while another does the same */
function toCommand(
  one: Action,
  database: Database,
  name: (text: string) => string,
  key: string,
  onDone: (kind: string) => void,
): (engine: ReservationEngine) => Promise<boolean> {
  const { kind, buyer } = one
  const owner = name(`buyer ${buyer}`)
  if (kind === 'tidy') return async (engine) => (await engine.tidy()) >= 0
  if (kind === 'expire') {
    const text =
      "update inventory.reservations set expires_at = clock_timestamp() - interval '5 seconds' where owner_id = $1 and held > 0"
    return async () => (await database.query(text, [owner])).rows.length === 0
  }
  let made: Promise<ReserveCommand | ChangeCommand> | undefined
  return async (engine) => {
    made ??=
      kind === 'reserve' || kind === 'owe' || kind === 'kit'
        ? reserve(one, owner, name, key)
        : change(one, kind, owner, database, key)
    const outcome = await engine.submit(await made)
    if (outcome.kind === 'done') onDone(kind)
    return outcome.kind !== 'key-in-progress'
  }
}

async function reserve(
  { kind, variant, quantity, to }: Action,
  owner: string,
  name: (text: string) => string,
  key: string,
): Promise<ReserveCommand> {
  const command = reserveCommand(name(variant), owner)
  const keyed = keyedBy('reserveStock', key, command.keyed.fingerprint)
  const common = { ...command, replaceOwner: quantity === 4, keyed, placed: kind !== 'owe' }
  if (kind !== 'kit') return { ...common, lines: [{ lineId: '1', variantId: name(variant), quantity }] }
  const components = variants.map((id, at) => ({ variantId: name(id), units: at + 1 }))
  return {
    ...common,
    lines: [],
    kits: [{ lineId: '1', kitId: name('kit'), sets: quantity, together: to === 'dc', components }],
  }
}

async function change(
  { quantity, to }: Action,
  kind: 'confirm' | 'release' | 'consume' | 'allocate' | 'move',
  owner: string,
  database: Database,
  key: string,
): Promise<ChangeCommand> {
  const { rows } = await database.query<{ id: string; variant_id: string }>(
    `select id, variant_id from inventory.reservations where owner_id = $1
     order by case when $2 then confirmed > 0 and location_id is not null else held > 0 end desc, id desc limit 1`,
    [owner, kind === 'consume' || kind === 'allocate' || kind === 'move'],
  )
  const { id, variant_id: variantId } = rows[0] ?? { id: 'rsv_none', variant_id: 'none' }
  const command = confirmCommand(id, owner)
  const steps: Readonly<Record<typeof kind, ChangeCommand['step']>> = {
    confirm: command.step,
    release: { kind: 'release' },
    consume: { kind: 'consume', occurredAt: null },
    allocate: { kind: 'allocate', occurredAt: null },
    move: { kind: 'move', locationId: to, variantId },
  }
  const items = [{ reservationId: id, quantity: quantity > 2 || kind === 'move' ? null : quantity }]
  return { ...command, step: steps[kind], items, keyed: keyedBy(kind, key, command.keyed.fingerprint) }
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
  const stored = await database.query<{ id: string; variant: string; live: number; legs: number }>(
    `select id, variant_id as variant, held + confirmed + consumed + released + expired as legs,
       (case when expires_at > clock_timestamp() then held else 0 end) + confirmed + consumed as live
     from inventory.reservations where variant_id = any($1)`,
    [variants.map(name)],
  )
  expect(stored.rows.map(({ id, legs }) => [id, legs]).sort()).toEqual([...born].sort())
  for (const variant of variants) {
    // No source counts anything here: what left, or the source was told of, stays taken from where it was.
    const { rows: taken } = await database.query<{ at: string; units: number }>(
      `select at, sum(units)::int as units from (
         select coalesce(location_id, '') as at,
           case when expires_at > clock_timestamp() then held else 0 end + confirmed - allocated as units
         from inventory.reservations where variant_id = $1
         union all select location_id, quantity from inventory.reservation_issues where variant_id = $1) as every group by at`,
      [name(variant)],
    )
    const at = new Map(taken.map((row) => [row.at, row.units]))
    for (const [place, units] of Object.entries(places)) expect(at.get(place) ?? 0).toBeLessThanOrEqual(units)
    // With what no place has yet. Each unit once: one that moved may still be taken from where its source was told of it.
    const own = stored.rows.filter((row) => row.variant === name(variant))
    expect(own.reduce((sum, { live }) => sum + live, 0)).toBeLessThanOrEqual(places.dc + places.store)
  }
}

type Told = z.infer<typeof schema>['changes'][number] & { readonly variantId: string }
