import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createChangedKeys } from '../../../platform/connector/changed-keys.ts'
import { parseLsn, toLsnText } from '../../../platform/connector/postgres-lsn.ts'
import { openChangeStream, type RowChange } from '../../../platform/connector/postgres-stream.ts'
import { eventually } from '../../support/connector.ts'
import type { TestDatabase } from '../../support/postgres.ts'
import { openShop, thingMapping, waitUntilUnwatched } from '../../support/source-database.ts'

let shop: TestDatabase
let name: string
beforeEach(async () => {
  shop = await openShop(10)
  name = `slot_${new URL(shop.url).pathname.slice(1, 30)}`
  await shop.database.query(`create publication ${name} for table thing, part`)
  await shop.database.query('select pg_create_logical_replication_slot($1, $2)', [name, 'pgoutput'])
})
afterEach(async () => {
  await waitUntilUnwatched(shop.url)
  await shop[Symbol.asyncDispose]()
})

const open = (onChange: (change: RowChange) => void) =>
  openChangeStream({ url: shop.url, name, plainEncoding: true, onChange })

describe('a change stream', () => {
  it('confirms exactly what it is told to, so that a commit right behind is not skipped', async () => {
    await using stream = open(() => {})
    await shop.database.query('update thing set price = 5 where id = 1')
    await eventually(
      async () => stream.position(),
      (position) => position > 0n,
    )
    const position = stream.position()
    await eventually(
      async () => {
        await stream.acknowledge(position)
        const { rows } = await shop.database.query<{ confirmed: string }>(
          'select confirmed_flush_lsn::text as confirmed from pg_replication_slots where slot_name = $1',
          [name],
        )
        return parseLsn(rows[0]?.confirmed ?? '0/0')
      },
      (confirmed) => confirmed >= position,
    )
    const { rows } = await shop.database.query(
      'select confirmed_flush_lsn::text as confirmed from pg_replication_slots where slot_name = $1',
      [name],
    )
    expect(rows).toEqual([{ confirmed: toLsnText(position) }])
  })

  it('tells again after a restart what was not confirmed', async () => {
    await shop.database.query("update part set name = 'x' where thing_id = 3")
    for (const _ of ['first', 'second']) {
      const changed = createChangedKeys([thingMapping])
      const stream = open(changed.add)
      const [taken] = await eventually(
        async () => changed.take(),
        (documents) => documents.length > 0,
      )
      expect([...(taken?.keys ?? [])]).toEqual(['3'])
      await stream[Symbol.asyncDispose]()
      await waitUntilUnwatched(shop.url)
    }
  })

  it('tells with each change which transaction made it, also amid one', async () => {
    const taken: (readonly number[])[] = []
    let take = (): readonly number[] => []
    await using stream = open(() => void taken.push(take()))
    take = stream.takeTransactions
    const id = await shop.database.transaction(async (transaction) => {
      await transaction.query('update thing set price = price + 1 where id <= 3')
      const { rows } = await transaction.query<{ id: string }>('select txid_current()::text as id')
      return Number(rows[0]?.id)
    })
    await eventually(
      async () => taken.length,
      (count) => count === 3,
    )
    expect(taken).toEqual([[id], [id], [id]])
    expect(stream.takeTransactions()).toEqual([])
  })

  it('fails where it waits when the slot is not there', async () => {
    await using stream = openChangeStream({
      url: shop.url,
      name: 'no_such_slot',
      plainEncoding: true,
      onChange: () => {},
    })
    await expect(waitOn(stream)).rejects.toMatchObject({ code: '42704' })
  })
})

async function waitOn(stream: { wait(timeoutMs: number): Promise<void> }): Promise<never> {
  for (;;) await stream.wait(1_000)
}

describe('changed keys', () => {
  it('give up counting past 100,000 of a kind and ask for all of it', () => {
    const changed = createChangedKeys([thingMapping])
    for (let id = 0; id <= 100_001; id += 1) changed.add({ table: 'public.thing', rows: [{ id }], everything: false })
    changed.add({ table: 'public.elsewhere', rows: [{ id: 1 }], everything: true })
    const [taken, ...rest] = changed.take()
    expect(taken).toMatchObject({ kind: 'thing', everything: true })
    expect(taken?.keys.size).toBe(0)
    expect(rest).toEqual([])
    expect(changed.take()).toEqual([])
  })
})
