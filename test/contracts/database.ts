import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Database } from '../../platform/sql/database.ts'

export type DatabaseUnderTest = AsyncDisposable & { readonly database: Database }

/** What every driver of the Database port does. */
export function describeDatabase(name: string, open: () => Promise<DatabaseUnderTest>): void {
  describe(`${name} as a Database`, () => {
    let opened: DatabaseUnderTest
    let database: Database

    beforeAll(async () => {
      opened = await open()
      database = opened.database
      await database.query('create table things (id bigint primary key, name text not null)')
    })
    afterAll(async () => {
      await opened[Symbol.asyncDispose]()
    })

    it('gives bigints, exact decimals, instants and documents without loss', async () => {
      const { rows } = await database.query(
        `select 9007199254740993::int8 as big, 12.340::numeric as exact, '2026-01-02T03:04:05.678Z'::timestamptz as at,
          '{"a":[1,null]}'::jsonb as doc, array[1,9007199254740993]::int8[] as bigs, '18446744073709551615'::xid8 as xid,
          date '2026-03-01' as day`,
        [],
      )
      expect(rows).toEqual([
        {
          big: 9007199254740993n,
          exact: '12.340',
          at: new Date('2026-01-02T03:04:05.678Z'),
          doc: { a: [1, null] },
          bigs: [1n, 9007199254740993n],
          xid: 18446744073709551615n,
          day: '2026-03-01',
        },
      ])
    })

    it('takes bigint and array parameters', async () => {
      const { rows } = await database.query('select $1::int8 as one, $2::text[] as many', [
        9007199254740993n,
        ['a,"b', 'c'],
      ])
      expect(rows).toEqual([{ one: 9007199254740993n, many: ['a,"b', 'c'] }])
    })

    it('keeps what a transaction wrote when its callback resolves', async () => {
      const result = await database.transaction(async (transaction) => {
        await transaction.query('insert into things values ($1, $2)', [1n, 'kept'])
        return 'done'
      })
      const { rows } = await database.query('select name from things where id = $1', [1n])
      expect([result, rows]).toEqual(['done', [{ name: 'kept' }]])
    })

    it('undoes what a transaction wrote when its callback throws, and throws that error', async () => {
      const reason = new Error('changed my mind')
      const attempt = database.transaction(async (transaction) => {
        await transaction.query('insert into things values ($1, $2)', [2n, 'undone'])
        throw reason
      })
      await expect(attempt).rejects.toBe(reason)
      expect((await database.query('select 1 from things where id = $1', [2n])).rowCount).toBe(0)
    })

    it('refuses to pretend a commit when a failed statement was overlooked', async () => {
      const attempt = database.transaction(async (transaction) => {
        await transaction.query('insert into things values ($1, $2)', [3n, 'lost'])
        await transaction.query('select 1/0', []).catch(() => {})
      })
      await expect(attempt).rejects.toMatchObject({ code: 'INTERNAL' })
    })

    it('commits behind what was sent, its answers not yet there: all of it or nothing', async () => {
      const insert = (...ids: readonly bigint[]) =>
        database.transaction(async (transaction) => {
          const writes = ids.map((id) => transaction.query('insert into things values ($1, $2)', [id, 'sent']))
          transaction.commit()
          await expect(transaction.query('select 1', [])).rejects.toThrow(/has ended/)
          await Promise.all(writes)
        })
      await insert(101n, 102n)
      await expect(insert(103n, 101n, 104n)).rejects.toMatchObject({ code: '23505' })
      const overlooked = database.transaction(async (transaction) => {
        transaction.query('insert into things values ($1, $2)', [101n, 'again']).catch(() => {})
        transaction.commit()
      })
      await expect(overlooked).rejects.toThrow(/Cannot commit/)
      const { rows } = await database.query('select id from things where id > 100 order by id', [])
      expect(rows).toEqual([{ id: 101n }, { id: 102n }])
    })

    it('refuses statements sent after the transaction has ended', async () => {
      const kept = await database.transaction(async (transaction) => transaction)
      await expect(kept.query('select 1')).rejects.toThrow(TypeError)
    })

    it('ends a transaction that outlives its deadline as UPSTREAM_TIMEOUT and goes on serving', async () => {
      const attempt = database.transaction((transaction) => transaction.query('select pg_sleep(20)', []), {
        timeoutMs: 150,
      })
      await expect(attempt).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT', retryable: true })
      expect((await database.query('select 1 as one', [])).rows).toEqual([{ one: 1 }])
    })

    it('ends a transaction at its deadline even when its callback never does', async () => {
      const attempt = database.transaction(() => new Promise(() => {}), { timeoutMs: 100 })
      await expect(attempt).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
    })

    it('runs statements sent at once one after the other, and none after one of them failed the transaction', async () => {
      const attempt = database.transaction((transaction) =>
        Promise.all([
          transaction.query('select 1/0', []),
          transaction.query('insert into things values ($1, $2)', [4n, 'beside a failure']),
        ]),
      )
      await expect(attempt).rejects.toMatchObject({ code: '22012' })
      expect((await database.query('select 1 from things where id = $1', [4n])).rowCount).toBe(0)
    })

    it('delivers notifications, after telling that it listens', async () => {
      const heard: (string | null)[] = []
      const listener = await database.listen('contract', (payload) => heard.push(payload))
      await database.query(`select pg_notify('contract', 'hello')`)
      await expect.poll(() => heard, { timeout: 10_000 }).toEqual([null, 'hello'])
      await listener[Symbol.asyncDispose]()
    })

    it('counts statements', async () => {
      const before = database.statementCount()
      await database.query('select 1', [])
      await database.query('select 2', [])
      expect(database.statementCount() - before).toBe(2)
    })
  })
}
