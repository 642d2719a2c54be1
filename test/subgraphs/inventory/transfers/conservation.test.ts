import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  keyedBy,
  openReservationEngine,
  type ReservationEngine,
  reserveCommand,
} from '../../../../bench/reservation-engine.ts'
import type { NewEvent } from '../../../../platform/event-log/event-log.ts'
import { createPostgresEventLog } from '../../../../platform/event-log/postgres.ts'
import type { Database } from '../../../../platform/sql/database.ts'
import { ledgerProjection } from '../../../../subgraphs/inventory/ledger/ledger-projection.ts'
import { appendAtOnce, toMovementEvent } from '../../../../subgraphs/inventory/ledger/told-movement.ts'
import { lockVariants } from '../../../../subgraphs/inventory/reservations/section-locks.ts'
import type { BeginCommand, ReceiveCommand } from '../../../../subgraphs/inventory/transfers/transfer-command.ts'
import { openTestDatabase } from '../../../support/postgres.ts'
import { until } from '../../../support/until.ts'

const unitsAtFirst = 12
const places = ['dc', 'store'] as const

const action = fc.record({
  kind: fc.constantFrom('start', 'receive', 'finish', 'reserve'),
  /** Which of the transfers there are is meant, or from which end one starts. */
  which: fc.nat({ max: 5 }),
  quantity: fc.integer({ min: 1, max: 6 }),
  damaged: fc.nat({ max: 2 }),
  again: fc.boolean(),
})
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

/** Rounds: what stands in one round is sent at the same time, by two processes; of one the connections may break meanwhile. */
const history = fc.array(
  fc.record({ actions: fc.array(action, { minLength: 1, maxLength: 7 }), crash: fc.boolean() }),
  { minLength: 1, maxLength: 5 },
)

it('units of transfers are conserved over both shelves, transit and loss, whatever is sent twice or breaks (I1, I2, I8)', async () => {
  await using test = await openTestDatabase()
  const { database } = test
  await using steady = await openReservationEngine(database)
  await using breaking = await openReservationEngine(test.open({ applicationName: 'breaking' }))
  let run = 0
  await fc.assert(
    fc.asyncProperty(history, async (rounds) => {
      run += 1
      const variantId = `v${run}`
      await count(database, variantId)
      const started: string[] = []
      let step = 0
      for (const { actions, crash } of rounds) {
        const sends = actions.flatMap((one) => {
          step += 1
          const perform = toCommand(one, variantId, `${run}-${step}`, started, steady)
          const engines = one.again ? [steady, breaking] : [step % 2 === 0 ? steady : breaking]
          return engines.map((engine) => ({ engine, perform }))
        })
        const answers = Promise.allSettled(sends.map(({ engine, perform }) => perform(engine)))
        if (crash) await database.query(terminate)
        // Whoever was told nothing asks again with the same key: done or not, it must be done once in the end.
        for (const [at, answer] of (await answers).entries()) {
          if (answer.status === 'fulfilled') continue
          await until('the command is answered', async () => (await sends[at]?.perform(steady)) === true)
        }
        await checkBooks(database, variantId)
      }
      await expectProjected(database, variantId)
    }),
    { numRuns: 20, endOnFailure: true },
  )
})

it('a process that dies while its units leave has moved none, and the same key moves them once', async () => {
  await using test = await openTestDatabase()
  const { database } = test
  await using steady = await openReservationEngine(database)
  await using breaking = await openReservationEngine(test.open({ applicationName: 'breaking' }))
  await count(database, 'v')
  const one = { kind: 'start', which: 0, quantity: 5, damaged: 0, again: false } as const
  const start = toCommand(one, 'v', 'k', [], steady)
  await database.transaction(async (transaction) => {
    await lockVariants(transaction, { variantIds: ['v'], reservationIds: [], owners: [] })
    const refused = expect(start(breaking)).rejects.toMatchObject({ retryable: true })
    await untilWaiting(database)
    await database.query(terminate)
    await refused
  })
  await checkBooks(database, 'v')
  expect(await start(steady)).toBe(true)
  expect(await start(breaking)).toBe(true)
  await checkBooks(database, 'v')
  const { rows } = await database.query('select dispatched from inventory.transfer_lines')
  expect(rows).toEqual([{ dispatched: 5 }])
})

it('a command that meets a projector at the same position loses nothing of what the projector wrote', async () => {
  await using test = await openTestDatabase()
  const { database } = test
  await using engine = await openReservationEngine(test.open({ applicationName: 'breaking' }))
  await count(database, 'v')
  const eventLog = createPostgresEventLog({ database })
  const { events } = await database.transaction((transaction) => eventLog.append(transaction, [receipt('v', 7)]))
  let started: Promise<boolean> | undefined
  await database.transaction(async (transaction) => {
    await ledgerProjection.apply(
      transaction,
      events.filter((event) => event !== null),
    )
    const one = { kind: 'start', which: 0, quantity: 5, damaged: 0, again: false } as const
    started = toCommand(one, 'v', 'k', [], engine)(engine)
    await untilWaiting(database)
  })
  expect(await started).toBe(true)
  const { rows } = await database.query("select sellable from inventory.positions where location_id = 'dc'")
  expect(rows).toEqual([{ sellable: unitsAtFirst + 7 - 5 }])
  eventLog[Symbol.dispose]()
})

async function untilWaiting(database: Database): Promise<void> {
  await until('a command waits for a lock', async () => {
    const { rows } = await database.query(
      "select from pg_stat_activity where application_name = 'breaking' and wait_event_type = 'Lock' and datname = current_database()",
    )
    return rows.length > 0
  })
}

const terminate = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name = 'breaking'`

const decision = { by: 'a test', reason: null }

/** @returns what sends it to an engine; it tells false while another does the same */
function toCommand(
  { kind, which, quantity, damaged }: Action,
  variantId: string,
  key: string,
  started: string[],
  { commands }: ReservationEngine,
): (engine: ReservationEngine) => Promise<boolean> {
  const now = new Date().toISOString()
  const teller = { tenant: 't', authority: 'storeloom', correlationId: 'none', receivedAt: now }
  if (kind === 'reserve') {
    return async (engine) => (await engine.submit(reserveCommand(variantId, key))).kind !== 'key-in-progress'
  }
  if (kind === 'start') {
    const transferId = commands.nextTransferId()
    const [from = 'dc', to = 'store'] = which % 2 === 0 ? places : places.toReversed()
    const command: BeginCommand = {
      ...teller,
      keyed: keyedBy('startTransfer', key, key),
      lines: [{ lineId: '1', variantId, quantity }],
      decision,
      transferId,
      fromLocationId: from,
      toLocationId: to,
      dispatchedAt: now,
      expectedAt: which % 3 === 0 ? now : null,
      documentRef: null,
    }
    return async (engine) => {
      const outcome = await engine.commands.beginTransfer(command)
      if (outcome.kind === 'done' && !started.includes(transferId)) started.push(transferId)
      return outcome.kind !== 'key-in-progress'
    }
  }
  const command: ReceiveCommand = {
    ...teller,
    keyed: keyedBy('receiveTransfer', key, key),
    scope: { kind: 'all' },
    transferId: started[which % Math.max(1, started.length)] ?? 'trf_none',
    arrivals: [{ lineId: '1', received: Math.max(0, quantity - damaged), damaged: Math.min(damaged, quantity) }],
    final: kind === 'finish',
    happenedAt: now,
    decision,
  }
  return async (engine) => (await engine.commands.receiveTransfer(command)).kind !== 'key-in-progress'
}

function receipt(variantId: string, quantity: number): NewEvent {
  const now = new Date().toISOString()
  const teller = { tenant: 't', authority: 'erp', correlationId: 'none', receivedAt: now }
  const texts = { reason: null, documentRef: null, transferId: null }
  const movement = { ...texts, variantId, locationId: 'dc', quantity, happenedAt: now, bucketFrom: null } as const
  return toMovementEvent(teller, { ...movement, kind: 'RECEIPT', bucketTo: 'SELLABLE' }, 'mov_1', 'erp')
}

/** Both shelves, as their source counted them. */
async function count(database: Database, variantId: string): Promise<void> {
  const eventLog = createPostgresEventLog({ database })
  const shelf = {
    onHand: unitsAtFirst,
    sellable: unitsAtFirst,
    damaged: 0,
    qualityControl: 0,
    returnHold: 0,
    manualHold: 0,
  }
  const rest = { committed: 0, incoming: 0, reorderPoint: null, anomaly: null, asOf: null }
  const at = new Date(Date.now() - 60_000).toISOString()
  const events = places.map((locationId): NewEvent => {
    const origin = { system: 'erp', occurredAt: at, receivedAt: at }
    const subject = `pos_${variantId}@${locationId}`
    return {
      type: 'retail.inventory.stock-counted.v1',
      source: `/tenants/t/inventory/stock/${encodeURIComponent(subject)}`,
      ...{ subject, time: at, partitionKey: subject, authority: 'erp' },
      data: { variantId, locationId, ...shelf, ...rest, origin },
    }
  })
  await database.transaction((transaction) => appendAtOnce(eventLog, transaction, events))
  eventLog[Symbol.dispose]()
}

type Books = {
  readonly sellable: number
  readonly damaged: number
  readonly dispatched: number
  readonly received: number
  readonly broken: number
  readonly lost: number
}

/** The tables against the log: what was told, added up by hand, is what stands there, and no unit is anywhere else. */
async function checkBooks(database: Database, variantId: string): Promise<void> {
  const { rows } = await database.query<Books>(
    `select shelf.*, sent.* from
       (select sum(sellable)::int as sellable, sum(damaged)::int as damaged from inventory.positions where variant_id = $1) as shelf,
       (select coalesce(sum(dispatched), 0)::int as dispatched, coalesce(sum(received), 0)::int as received,
          coalesce(sum(damaged), 0)::int as broken, coalesce(sum(lost), 0)::int as lost
        from inventory.transfer_lines where variant_id = $1) as sent`,
    [variantId],
  )
  const { sellable, damaged, dispatched, received, broken, lost } = rows[0] ?? none
  const inTransit = dispatched - received - broken - lost
  expect(inTransit).toBeGreaterThanOrEqual(0)
  expect(damaged).toBe(broken)
  expect(sellable + damaged + inTransit + lost).toBe(places.length * unitsAtFirst)

  const told = await database.query<{ kind: string; to: string; units: number }>(
    `select data->>'kind' as kind, data->>'bucketTo' as to, sum((data->>'quantity')::int)::int as units
     from event_log.events where data->>'variantId' = $1 and data->>'transferId' is not null group by 1, 2`,
    [variantId],
  )
  const unitsOf = (to: string) => told.rows.find((row) => row.to === to)?.units ?? 0
  expect([unitsOf('IN_TRANSIT'), unitsOf('SELLABLE'), unitsOf('DAMAGED'), unitsOf('SCRAPPED')]).toEqual([
    dispatched,
    received,
    broken,
    lost,
  ])

  // What somebody was promised was not sent away (I3).
  const held = await database.query<{ units: number; sellable: number }>(
    `select coalesce((select sum(held)::int from inventory.reservations where variant_id = $1), 0) as units, sellable
     from inventory.positions where variant_id = $1 and location_id = 'dc'`,
    [variantId],
  )
  expect(held.rows[0]?.units).toBeLessThanOrEqual(held.rows[0]?.sellable ?? 0)
}

const none: Books = { sellable: 0, damaged: 0, dispatched: 0, received: 0, broken: 0, lost: 0 }

/** What the commands wrote ahead is what the ledger says of it. */
async function expectProjected(database: Database, variantId: string): Promise<void> {
  const { rows } = await database.query(
    `select location_id, position.sellable, balance.sellable::int as told from inventory.positions as position,
       inventory.balance_at(variant_id, location_id, 'infinity', 'infinity') as balance
     where variant_id = $1 and position.sellable <> balance.sellable`,
    [variantId],
  )
  expect(rows).toEqual([])
}
