import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { untilVisible } from '../../../platform/connector/until-visible.ts'
import { createDeferred } from '../../support/deferred.ts'
import { openTestDatabase, type TestDatabase } from '../../support/postgres.ts'

describe('untilVisible', () => {
  let test: TestDatabase
  beforeEach(async () => {
    test = await openTestDatabase()
    await test.database.query('create table thing (id int)')
  })
  afterEach(async () => test[Symbol.asyncDispose]())

  const session = () => ({
    query: async <R extends Readonly<Record<string, unknown>>>(text: string, values?: readonly unknown[]) =>
      (await test.database.query<R>(text, values)).rows,
  })
  const idText = 'select (txid_current() & 4294967295)::int8 as id'

  it('waits for a transaction that still runs, and not for those that have ended', async () => {
    const begun = createDeferred<number>()
    const end = createDeferred<void>()
    const running = test.database.transaction(async (transaction) => {
      const { rows } = await transaction.query<{ id: bigint }>(idText)
      begun.resolve(Number(rows[0]?.id))
      await end.promise
    })
    const { rows } = await test.database.query<{ id: bigint }>(idText)
    await untilVisible(session(), [Number(rows[0]?.id)], AbortSignal.timeout(5_000))
    let visible = false
    let looks = 0
    const counting = {
      query: <R extends Readonly<Record<string, unknown>>>(text: string, values?: readonly unknown[]) => {
        looks += 1
        return session().query<R>(text, values)
      },
    }
    const waiting = untilVisible(counting, [await begun.promise], AbortSignal.timeout(20_000)).then(() => {
      visible = true
    })
    await expect.poll(() => looks, { timeout: 10_000 }).toBeGreaterThan(3)
    expect(visible).toBe(false)
    end.resolve()
    await running
    await waiting
    expect(visible).toBe(true)
  })

  it('ends at once without transactions and when it is aborted', async () => {
    await untilVisible(session(), [], AbortSignal.timeout(5_000))
    await expect(untilVisible(session(), [4_000_000_000], AbortSignal.abort())).resolves.toBeUndefined()
  })
})
