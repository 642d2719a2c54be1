import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openPostgres } from '../../../platform/sql/postgres.ts'
import { describeDatabase } from '../../contracts/database.ts'
import { openTestDatabase, type TestDatabase } from '../../support/postgres.ts'

describeDatabase('PostgreSQL', openTestDatabase)

describe('openPostgres', () => {
  let test: TestDatabase

  beforeAll(async () => {
    test = await openTestDatabase()
  })
  afterAll(async () => {
    await test[Symbol.asyncDispose]()
  })

  it('says UPSTREAM_UNAVAILABLE when nobody answers at the address, without naming it', async () => {
    const probe = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => probe.once('listening', resolve))
    const address = probe.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await new Promise((resolve) => probe.close(resolve))
    await using database = openPostgres({ url: `postgresql://a:b@127.0.0.1:${port}/none` })
    const error = await database.query('select 1').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: true })
    expect(String(error)).not.toContain(String(port))
  })

  it('says UPSTREAM_UNAVAILABLE when every connection stays busy past the deadline', async () => {
    const database = test.open({ poolSize: 1, connectTimeoutMs: 1_000 })
    await database.transaction(async () => {
      await expect(database.query('select 1')).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' })
    })
  })

  it('says UPSTREAM_TIMEOUT when a statement exceeds its deadline', async () => {
    const database = test.open({ statementTimeoutMs: 100 })
    await expect(database.query('select pg_sleep(20)')).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
  })

  it('says UPSTREAM_UNAVAILABLE when the server ends the session within a transaction, and recovers', async () => {
    const attempt = test.database.transaction(async (transaction) => {
      const { rows } = await transaction.query<{ pid: number }>('select pg_backend_pid() as pid', [])
      await test.open().query('select pg_terminate_backend($1)', [rows[0]?.pid])
      await transaction.query('select 1', [])
    })
    await expect(attempt).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryable: true })
    expect((await test.database.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  it('listens again after its connection was ended, and says that something may be missed', async () => {
    const heard: (string | null)[] = []
    const listening = test.open({ applicationName: 'listening' })
    await listening.listen('again', (payload) => heard.push(payload))
    await test.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'listening' and datname = current_database()`,
    )
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([null, null])
    await test.database.query(`select pg_notify('again', 'still here')`)
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual([null, null, 'still here'])
  })

  it('leaves constraint violations as the database tells them', async () => {
    await test.database.query('create table once (id int primary key)')
    await test.database.query('insert into once values (1)')
    await expect(test.database.query('insert into once values (1)')).rejects.toMatchObject({ code: '23505' })
  })

  it('has what a transaction sends at once done, though no answer has come yet', async () => {
    const url = new URL(test.url)
    const { hostname } = url
    const port = Number(url.port)
    const answers: (() => void)[] = []
    let holding = false
    const between = createServer((client) => {
      const server = connect(port, hostname)
      client.pipe(server).on('error', () => {})
      client.on('error', () => {})
      server.on('data', (chunk) => {
        if (holding) answers.push(() => client.write(chunk))
        else client.write(chunk)
      })
    }).listen(0, '127.0.0.1')
    await once(between, 'listening')
    url.port = String((between.address() as AddressInfo).port)
    await using database = openPostgres({ url: url.href, poolSize: 1, applicationName: 'held back' })
    await database.transaction(async (transaction) => {
      await transaction.query('select 1', [])
      holding = true
      const sent = ['one', 'two', 'three'].map((name) => transaction.query(`select '${name}' as name`, []))
      const atServer = `select query, state from pg_stat_activity where application_name = 'held back'`
      await expect
        .poll(async () => (await test.database.query(atServer)).rows, { timeout: 10_000 })
        .toEqual([{ query: "select 'three' as name", state: 'idle in transaction' }])
      holding = false
      for (const answer of answers) answer()
      const results = await Promise.all(sent)
      expect(results.map(({ rows }) => rows)).toEqual([[{ name: 'one' }], [{ name: 'two' }], [{ name: 'three' }]])
    })
    between.close()
  })

  it('prepares a statement with values once per connection, and no more than 500 texts', async () => {
    const database = test.open({ poolSize: 1 })
    await database.query('select $1::int', [1])
    await database.query('select $1::int', [2])
    for (let index = 0; index < 510; index += 1) await database.query(`select $1::int + ${index}`, [1])
    const { rows } = await database.query<{ count: bigint }>('select count(*) from pg_prepared_statements')
    expect(rows).toEqual([{ count: 500n }])
  })
})
