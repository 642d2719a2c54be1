import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventLog } from '../../../platform/event-log/event-log.ts'
import { createPostgresEventLog } from '../../../platform/event-log/postgres.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { describeEventLog } from '../../contracts/event-log.ts'
import { createDeferred } from '../../support/deferred.ts'
import { openEventLogDatabase, readable } from '../../support/event-log.ts'
import { eventOf } from '../../support/event-of.ts'
import type { TestDatabase } from '../../support/postgres.ts'

describeEventLog('PostgreSQL', async () => {
  const test = await openEventLogDatabase()
  const eventLog = createPostgresEventLog({ database: test.database })
  return { database: test.database, eventLog, [Symbol.asyncDispose]: () => test[Symbol.asyncDispose]() }
})

describe('createPostgresEventLog under concurrent transactions', () => {
  let test: TestDatabase
  let eventLog: EventLog

  beforeAll(async () => {
    test = await openEventLogDatabase()
    eventLog = createPostgresEventLog({ database: test.database })
  })
  afterAll(async () => {
    await test[Symbol.asyncDispose]()
  })

  it('shows nothing of a later transaction before an earlier one has ended, then both in order', async () => {
    const after = await eventLog.head()
    const a = await beginAppend('a')
    const b = await beginAppend('b')
    await b.commit()
    expect((await eventLog.read({ after, limit: 10 })).events).toEqual([])
    expect((await eventLog.read({ after, limit: 10, types: ['retail.thing.changed.v1'] })).position).toEqual(after)
    expect(await eventLog.head()).toEqual(after)
    await a.commit()
    await readable(test.database)
    const { events } = await eventLog.read({ after, limit: 10 })
    expect(events.map((event) => event.subject)).toEqual(['a', 'b'])
  })

  it('wakes who came to the end when what an older transaction held back may be read', async () => {
    // One of its own: what earlier tests held back wakes only those who read there.
    const reader = createPostgresEventLog({ database: test.database })
    const after = await reader.head()
    let woken = 0
    using _ = reader.onWake(() => {
      woken += 1
    })
    const older = await beginAppend('older')
    const held = await beginAppend('held')
    await held.commit()
    expect((await reader.read({ after, limit: 10 })).events).toEqual([])
    const statements = test.database.statementCount()
    await expect.poll(() => test.database.statementCount(), { timeout: 10_000 }).toBeGreaterThan(statements + 2)
    expect(woken).toBe(0)
    await older.rollback()
    await expect.poll(() => woken, { timeout: 10_000 }).toBeGreaterThan(0)
    expect((await reader.read({ after, limit: 10 })).events.map(({ subject }) => subject)).toEqual(['held'])
  })

  it('asks nothing more of a reader who came to the end when nothing is held behind it', async () => {
    const database = test.open()
    using reader = createPostgresEventLog({ database })
    const after = await reader.head()
    await (await beginAppend('whole')).commit()
    await readable(test.database)
    const before = database.statementCount()
    expect((await reader.read({ after, limit: 10 })).events).toHaveLength(1)
    expect((await reader.read({ after, limit: 10 })).events).toHaveLength(1)
    expect(database.statementCount()).toBe(before + 1)
  })

  it('wakes who is subscribed when a wake-up was lost', async () => {
    const reader = createPostgresEventLog({ database: test.database, pollMs: 20 })
    using _reader = reader
    let woken = 0
    using _ = reader.onWake(() => {
      woken += 1
    })
    await reader.read({ after: await reader.head(), limit: 10 })
    const before = woken
    await (await beginAppend('unheard')).commit()
    await expect.poll(() => woken, { timeout: 10_000 }).toBeGreaterThan(before)
  })

  it('wakes also who was not woken when another reader went on', async () => {
    const reader = createPostgresEventLog({ database: test.database, pollMs: 400 })
    using _reader = reader
    let woken = 0
    using _ = reader.onWake(() => {
      woken += 1
    })
    const after = await reader.head()
    await reader.read({ after, limit: 10 })
    const before = woken
    await (await beginAppend('read by one')).commit()
    await expect.poll(async () => (await reader.read({ after, limit: 10 })).events).toHaveLength(1)
    await expect.poll(() => woken, { timeout: 10_000 }).toBeGreaterThan(before)
  })

  it('does not skip a row that was numbered late by an early transaction', async () => {
    const after = await eventLog.head()
    const early = await beginAppend('early-1')
    const late = await beginAppend('late')
    await early.append('early-2')
    await late.commit()
    const meanwhile = await eventLog.read({ after, limit: 10 })
    await early.commit()
    await readable(test.database)
    const { events } = await eventLog.read({ after: meanwhile.position, limit: 10 })
    expect(events.map((event) => event.subject)).toEqual(['early-1', 'early-2', 'late'])
    const rows = events.map((event) => event.position.row)
    expect(rows[1]).toBeGreaterThan(rows[2] ?? 0n)
  })

  it('gives the events of a source in sequence when an older transaction appends after a younger one', async () => {
    const after = await eventLog.head()
    const older = await beginAppend('elsewhere')
    const younger = await beginAppend('shared')
    await younger.commit()
    await older.append('shared')
    await older.commit()
    await readable(test.database)
    const { events } = await eventLog.read({ after, limit: 10 })
    expect(events.map((event) => [event.subject, event.sequence])).toEqual([
      ['elsewhere', 1],
      ['shared', 1],
      ['shared', 2],
    ])
  })

  it('goes on past a transaction that was rolled back', async () => {
    const after = await eventLog.head()
    const undone = await beginAppend('undone')
    const kept = await beginAppend('kept')
    await kept.commit()
    await undone.rollback()
    await readable(test.database)
    const { events } = await eventLog.read({ after, limit: 10 })
    expect(events.map((event) => event.subject)).toEqual(['kept'])
  })

  it('leaves no hole in a sequence when two transactions race for one ingress key', async () => {
    const fact = eventOf('race', { ingressKey: 'race-1' })
    const first = await beginAppend('race', fact)
    const second = test.database.transaction((transaction) =>
      eventLog.append(transaction, [fact, eventOf('race', { ingressKey: 'race-2' })]),
    )
    await expect.poll(() => waitingOnLocks(), { timeout: 10_000 }).toBe(1n)
    await first.commit()
    expect((await second).events.map((event) => event?.sequence)).toEqual([undefined, 2])
  })

  it('never deadlocks when batches hold the same sources and keys in different orders', async () => {
    const batch = Array.from({ length: 20 }, (_, index) => eventOf(`d${index}`))
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let round = 0; round < 5; round += 1) {
        const events = writer % 2 === 0 ? batch : batch.toReversed()
        await test.database.transaction((transaction) => eventLog.append(transaction, events))
      }
    })
    await Promise.all(writers)
    const events = await eventLog.readSource(eventOf('d0').source, 1, 100)
    expect(events.map((event) => event.sequence)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1))
  })

  it('appends a batch of a thousand in one statement', async () => {
    const events = Array.from({ length: 1_000 }, (_, index) => eventOf(`m${index}`, { ingressKey: `m-${index}` }))
    const count = await test.database.transaction(async (transaction) => {
      const before = test.database.statementCount()
      await eventLog.append(transaction, events)
      return test.database.statementCount() - before
    })
    expect(count).toBe(1)
  })

  async function waitingOnLocks(): Promise<unknown> {
    const { rows } = await test.database.query(
      `select count(*) as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows[0]?.waiting
  }

  /** A transaction that has appended and waits to be told how to end. */
  async function beginAppend(id: string, event = eventOf(id)) {
    const appended = createDeferred<Transaction>()
    const ending = createDeferred<'commit' | 'rollback'>()
    const rolledBack = new Error('asked to roll back')
    const ended = test.database
      .transaction(async (transaction) => {
        await eventLog.append(transaction, [event])
        appended.resolve(transaction)
        if ((await ending.promise) === 'rollback') throw rolledBack
      })
      .catch((error: unknown) => {
        appended.reject(error)
        if (error !== rolledBack) throw error
      })
    const transaction = await appended.promise
    const end = async (how: 'commit' | 'rollback'): Promise<void> => {
      ending.resolve(how)
      await ended
    }
    return {
      append: (next: string) => eventLog.append(transaction, [eventOf(next)]),
      commit: () => end('commit'),
      rollback: () => end('rollback'),
    }
  }
})
