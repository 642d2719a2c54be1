import { expect, it } from 'vitest'
import { openReservationEngine, reserveCommand } from '../../../../bench/reservation-engine.ts'
import type { Database } from '../../../../platform/sql/database.ts'
import { reservationEvents } from '../../../../subgraphs/inventory/reservations/reservation-events.ts'
import { openTestDatabase } from '../../../support/postgres.ts'

it('a section written in parts is one: what a later part changes was made by an earlier one, in order', async () => {
  await using test = await openTestDatabase()
  await using engine = await openReservationEngine(test.database)
  await engine.stock('hot', 1_000)
  const buyers = Array.from({ length: 200 }, (_, n) => `buyer ${n}`)
  await Promise.all(
    ['first', 'second'].flatMap((time) =>
      buyers.map((buyer) => engine.submit(reserveCommand('hot', buyer, 600, `${buyer} ${time}`))),
    ),
  )
  expect(engine.counts()).toEqual({ groups: 1, requests: 400 })
  expect(await legsOf(test.database)).toEqual({ held: 200, released: 200 })
  expect(await engine.drift()).toEqual([])
  const stories = await storiesOf(test.database)
  expect(stories.filter((story) => story === 'held,released')).toHaveLength(200)
  expect(stories.filter((story) => story === 'held')).toHaveLength(200)
})

it('a section that fails in a later part leaves nothing of the earlier ones', async () => {
  await using test = await openTestDatabase()
  await using engine = await openReservationEngine(test.database)
  await engine.stock('hot', 1_000)
  const answers = await Promise.allSettled(
    Array.from({ length: 400 }, (_, n) => {
      const command = reserveCommand('hot', `buyer ${n}`)
      // No text of the store may hold it: found out only when the row is written.
      const poison = command.lines.map((line) => ({ ...line, lineId: '\0' }))
      return engine.submit(n === 399 ? { ...command, lines: poison } : command)
    }),
  )
  expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(1)
  expect(await legsOf(test.database)).toEqual({ held: 399, released: 0 })
  expect(await engine.drift()).toEqual([])
  expect(await storiesOf(test.database)).toEqual(Array.from({ length: 399 }, () => 'held'))
})

async function legsOf(database: Database): Promise<unknown> {
  const { rows } = await database.query(
    'select sum(held)::integer as held, sum(released)::integer as released from inventory.reservations',
    [],
  )
  return rows[0]
}

/** What the log tells of each reservation, in its order. */
async function storiesOf(database: Database): Promise<readonly string[]> {
  const { rows } = await database.query<{ data: unknown }>('select data from event_log.events order by sequence', [])
  const stories = new Map<string, string[]>()
  for (const { data } of rows) {
    for (const { reservationId, change } of reservationEvents['retail.inventory.reservations-changed.v3'].parse(data)
      .changes) {
      stories.set(reservationId, [...(stories.get(reservationId) ?? []), change])
    }
  }
  return [...stories.values()].map((story) => story.join(','))
}
