import { expect, it } from 'vitest'
import { openReservationEngine, reserveCommand } from '../../../../bench/reservation-engine.ts'
import type { Queryable } from '../../../../platform/sql/database.ts'
import { enterSection, glanceAtSection } from '../../../../subgraphs/inventory/reservations/section-enter.ts'
import { targetsOf } from '../../../../subgraphs/inventory/reservations/section-locks.ts'
import { openTestDatabase } from '../../../support/postgres.ts'

it('a connection that first met small tables does not read them whole when they have grown', async () => {
  await using test = await openTestDatabase()
  const { database } = test
  await using engine = await openReservationEngine(database)
  await engine.stock('hot', 1_000_000)
  await engine.reserve('hot', 'first')
  await database.query(growIssuesText, [1])
  await database.query(
    'analyze inventory.reservations, inventory.reservation_totals, inventory.positions, inventory.channel_issues',
  )
  await database.transaction(async (transaction) => {
    const commands = ['a', 'b', 'c'].map((buyer) => reserveCommand('hot', buyer))
    const quotas = [{ variantId: 'hot', channelId: 'web', since: '' }]
    const ask = async () => {
      await enterSection(transaction, commands, targetsOf(commands), quotas)
      await glanceAtSection(transaction, commands, targetsOf(commands), quotas)
    }
    await ask()
    await transaction.query(growText, [])
    await transaction.query(growIssuesText, [5_000])
    const before = await wholeReads(transaction)
    await ask()
    expect(await wholeReads(transaction)).toBe(before)
  })
})

const growText = `
  insert into inventory.reservations select (jsonb_populate_record(known, jsonb_build_object('id', 'rsv_' || n, 'owner_id', n::text,
    'command_id', gen_random_uuid()))).* from inventory.reservations as known, generate_series(1, 5000) as n`

const growIssuesText = `
  insert into inventory.channel_issues (reservation_id, variant_id, channel_id, occurred_at, units)
  select 'rsv_' || n, 'hot', 'web', now(), 1 from generate_series(1, $1::integer) as n`

/** Tables read from end to end in this transaction. */
async function wholeReads(queryable: Queryable): Promise<number> {
  const { rows } = await queryable.query<{ scans: number }>(
    `select coalesce(sum(seq_scan), 0)::integer as scans from pg_stat_xact_user_tables where schemaname in ('inventory', 'idempotency')`,
    [],
  )
  return rows[0]?.scans ?? 0
}
