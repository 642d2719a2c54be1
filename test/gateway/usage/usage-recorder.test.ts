import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresUsageStore, usageMigrations } from '../../../gateway/usage/postgres.ts'
import { createUsageRecorder } from '../../../gateway/usage/usage-recorder.ts'
import type { UsageStore } from '../../../gateway/usage/usage-store.ts'
import { clientOf } from '../../support/governed-gateway.ts'
import { openMigratedDatabase, type TestDatabase } from '../../support/postgres.ts'
import { until } from '../../support/until.ts'

describe('usage ledger', () => {
  let opened: TestDatabase
  let store: UsageStore
  let nowMs = Date.UTC(2026, 10, 21)
  const clock = () => new Date(nowMs)
  const failures: unknown[] = []
  const open = (options: { flushIntervalMs?: number; maxEntries?: number; store?: UsageStore } = {}) =>
    createUsageRecorder({
      store,
      clock,
      onFailure: (error) => failures.push(error),
      flushIntervalMs: 60_000,
      ...options,
    })

  beforeAll(async () => {
    opened = await openMigratedDatabase(usageMigrations())
    store = createPostgresUsageStore(opened.database)
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  it('keeps client, version, coordinate, uses and last seen, added up over processes', async () => {
    const [one, two] = [open(), open()]
    const [orders, both] = [['Query.orders'], ['Query.order', 'Query.orders']]
    one.record(clientOf('acme'), '2026-10', orders)
    one.record(clientOf('acme'), '2026-10', both)
    two.record(clientOf('acme'), '2026-10', orders)
    two.record(clientOf('acme'), '2026-07', orders)
    await Promise.all([one.flush(), two.flush()])
    nowMs += 60_000
    two.record(clientOf('acme'), '2026-10', orders)
    await two[Symbol.asyncDispose]()
    await one[Symbol.asyncDispose]()
    const base = { tenant: 'test', clientId: 'acme' }
    const earlier = new Date(nowMs - 60_000)
    expect(await store.read({ clientId: 'acme' })).toEqual([
      { ...base, version: '2026-07', coordinate: 'Query.orders', uses: 1, lastSeenAt: earlier },
      { ...base, version: '2026-10', coordinate: 'Query.order', uses: 1, lastSeenAt: earlier },
      { ...base, version: '2026-10', coordinate: 'Query.orders', uses: 4, lastSeenAt: new Date(nowMs) },
    ])
    expect(await store.read({ clientId: 'acme', coordinates: ['Query.order'] })).toHaveLength(1)
    expect(await store.read({ tenant: 'other' })).toEqual([])
  })

  it('writes by itself every few seconds', async () => {
    await using recorder = open({ flushIntervalMs: 10 })
    recorder.record(clientOf('timer'), '2026-10', ['Query.a'])
    await until('it is written', async () => (await store.read({ clientId: 'timer' })).length > 0)
  })

  it('is bounded: what finds no place is dropped and counted, and a failing store stops nothing', async () => {
    const failing: UsageStore = {
      add: () => Promise.reject(new Error('away')),
      read: async () => [],
    }
    const recorder = open({ maxEntries: 2, store: failing })
    recorder.record(clientOf('a'), 'v', ['Query.a'])
    recorder.record(clientOf('b'), 'v', ['Query.a'])
    recorder.record(clientOf('c'), 'v', ['Query.a'])
    recorder.record(clientOf('a'), 'v', ['Query.b'])
    expect(recorder.dropped()).toBe(2)
    await expect(recorder.flush()).rejects.toThrow('away')
    recorder.record(clientOf('c'), 'v', ['Query.a'])
    expect(recorder.dropped()).toBe(0)
    await recorder[Symbol.asyncDispose]()
    expect(failures).toHaveLength(1)
  })
})
