import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { toProvenance } from '../../../platform/connector/freshness.ts'
import { createFreshnessBoard } from '../../../platform/connector/freshness-board.ts'
import { createSyncState } from '../../../platform/connector/sync-state.ts'
import { eventually, openConnectorStore } from '../../support/connector.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import type { TestDatabase } from '../../support/postgres.ts'

const policy = { softTtlMs: 1_000, hardTtlMs: 10_000 }
let store: TestDatabase
beforeEach(async () => {
  store = await openConnectorStore()
})
afterEach(async () => {
  await store[Symbol.asyncDispose]()
})

describe('the freshness board', () => {
  it('shows what a connector reported, and null for a system nobody named', async () => {
    const clock = createFakeClock('2026-01-01T00:00:00.000Z')
    const syncState = createSyncState({ database: store.database, system: 'erp', clock: clock.now })
    await using board = await createFreshnessBoard({
      database: store.open(),
      systems: [{ system: 'erp', policy }],
      refreshMs: 10,
    })
    expect(board.of('erp')).toEqual({ system: 'erp', policy, state: 'connecting', syncedAt: null, lastError: null })
    expect(board.of('other')).toBeNull()
    await syncState.report({ state: 'live', syncedAt: clock.now() })
    await eventually(
      async () => board.of('erp')?.state,
      (state) => state === 'live',
    )
    const fact = { system: 'erp', occurredAt: null, receivedAt: clock.now().toISOString() }
    expect(toProvenance(fact, board, clock.now())).toMatchObject({ ageMs: 0, staleness: 'FRESH' })
    clock.advance(5_000)
    expect(toProvenance(fact, board, clock.now())).toMatchObject({ ageMs: 5_000, staleness: 'STALE' })
    clock.advance(6_000)
    expect(toProvenance(fact, board, clock.now())).toMatchObject({ ageMs: 11_000, staleness: 'DEGRADED' })
  })

  it('keeps what it knows, ageing, while the store is away', async () => {
    const database = store.open()
    const clock = createFakeClock('2026-01-01T00:00:00.000Z')
    await createSyncState({ database, system: 'erp', clock: clock.now }).report({
      state: 'live',
      syncedAt: clock.now(),
    })
    await using board = await createFreshnessBoard({ database, systems: [{ system: 'erp', policy }], refreshMs: 5 })
    await database[Symbol.asyncDispose]()
    await expect(database.query('select 1', [])).rejects.toThrow()
    expect(board.of('erp')?.syncedAt).toEqual(clock.now())
  })
})

describe('sync state', () => {
  it('never takes back how fresh it once was, and writes at most once a second while nothing else changes', async () => {
    const clock = createFakeClock('2026-01-01T00:00:10.000Z')
    const syncState = createSyncState({ database: store.database, system: 'erp', clock: clock.now })
    expect(await syncState.report({ state: 'live', syncedAt: clock.now(), position: '0/10' })).toBe(true)
    expect(await syncState.report({ state: 'live', syncedAt: clock.now(), position: '0/20' })).toBe(false)
    expect(await syncState.report({ state: 'retrying', lastError: 'away', syncedAt: new Date(0) })).toBe(true)
    clock.advance(1_000)
    expect(await syncState.report({ state: 'retrying', lastError: 'away' })).toBe(true)
    expect(await syncState.readPosition()).toBe('0/10')
    const { rows } = await store.database.query('select state, synced_at, last_error from connector.sync_state', [])
    expect(rows).toEqual([{ state: 'retrying', synced_at: new Date('2026-01-01T00:00:10.000Z'), last_error: 'away' }])
  })
})
