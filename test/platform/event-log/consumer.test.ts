import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readCheckpoints } from '../../../platform/event-log/checkpoint.ts'
import { type Consumer, type ConsumerDeps, createConsumer } from '../../../platform/event-log/consumer.ts'
import type { EventLog, NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { createPostgresEventLog } from '../../../platform/event-log/postgres.ts'
import { openEventLogDatabase, readable } from '../../support/event-log.ts'
import { eventOf } from '../../support/event-of.ts'
import type { TestDatabase } from '../../support/postgres.ts'
import { createTally, readTally, silentLog, tallyProjection } from '../../support/projection.ts'

describe('createConsumer', () => {
  let test: TestDatabase
  let eventLog: EventLog
  let consumers: Consumer[]

  beforeEach(async () => {
    test = await openEventLogDatabase()
    eventLog = createPostgresEventLog({ database: test.database, pollMs: 50 })
    consumers = []
    await createTally(test.database)
  })
  afterEach(async () => {
    await Promise.all(consumers.map((consumer) => consumer.stop()))
    await test[Symbol.asyncDispose]()
  })

  const consume = (overrides: Partial<ConsumerDeps> = {}): Consumer => {
    const consumer = createConsumer({
      name: 'test.tally',
      types: tallyProjection.types,
      database: test.database,
      eventLog,
      apply: tallyProjection.apply,
      log: silentLog,
      pollMs: 50,
      ...overrides,
    })
    consumers.push(consumer)
    return consumer
  }

  const append = async (...events: NewEvent[]): Promise<readonly (RecordedEvent | null)[]> => {
    const recorded = await test.database.transaction((transaction) => eventLog.append(transaction, events))
    eventLog.wake()
    return recorded.events
  }

  const drain = async (consumer: Consumer): Promise<void> => {
    await readable(test.database)
    await consumer.caughtUp(await eventLog.head(), AbortSignal.timeout(20_000))
  }

  const storedPosition = async () => (await readCheckpoints(test.database, ['test.tally'])).get('test.tally')?.position

  const deadLetters = async () =>
    (
      await test.database.query(
        'select partition_key, reason, attempts from event_log.dead_letters order by transaction_id, row_id',
      )
    ).rows

  it('applies what was there before and what comes after, and says with which events', async () => {
    await append(eventOf('a'), eventOf('b'), eventOf('other', { type: 'retail.other.v1' }))
    const applied: string[] = []
    const consumer = consume({ onApplied: (events) => applied.push(...events.map((event) => event.subject)) })
    consumer.start()
    await drain(consumer)
    await append(eventOf('a'))
    await drain(consumer)
    expect(applied).toEqual(['a', 'b', 'a'])
    expect(await readTally(test.database)).toEqual([
      { subject: 'a', events: 2n, last_sequence: 2n, in_order: true },
      { subject: 'b', events: 1n, last_sequence: 1n, in_order: true },
    ])
  })

  it('begins at once when it is new, however seldom it polls', async () => {
    await append(eventOf('a'))
    await readable(test.database)
    const consumer = consume({ pollMs: 600_000 })
    consumer.start()
    await drain(consumer)
    expect(await readTally(test.database)).toMatchObject([{ subject: 'a', events: 1n }])
  })

  it('goes on where it stopped', async () => {
    await append(eventOf('a'))
    const first = consume()
    first.start()
    await drain(first)
    await first.stop()
    await append(eventOf('a'))
    const second = consume()
    second.start()
    await drain(second)
    expect(await readTally(test.database)).toEqual([{ subject: 'a', events: 2n, last_sequence: 2n, in_order: true }])
  })

  it('moves past events of other types, so that it does not look at them again', async () => {
    const consumer = consume()
    consumer.start()
    const [other] = await append(eventOf('other', { type: 'retail.other.v1' }))
    await drain(consumer)
    expect(consumer.position()).toEqual(other?.position)
  })

  it('writes nothing for events of other types until its lease is renewed or it stops', async () => {
    const consumer = consume({ leaseMs: 60_000 })
    consumer.start()
    await expect.poll(() => consumer.holds()).toBe(true)
    const before = await storedPosition()
    for (let count = 0; count < 3; count += 1) await append(eventOf('other', { type: 'retail.other.v1' }))
    await drain(consumer)
    expect(await storedPosition()).toEqual(before)
    await append(eventOf('a'))
    await drain(consumer)
    const [last] = await append(eventOf('other', { type: 'retail.other.v1' }))
    await drain(consumer)
    await consumer.stop()
    expect(await storedPosition()).toEqual(last?.position)
    expect(await readTally(test.database)).toEqual([{ subject: 'a', events: 1n, last_sequence: 1n, in_order: true }])
  })

  it('writes down what it passed when its lease is renewed', async () => {
    const consumer = consume({ leaseMs: 400 })
    consumer.start()
    const [other] = await append(eventOf('other', { type: 'retail.other.v1' }))
    await expect.poll(storedPosition, { timeout: 10_000 }).toEqual(other?.position)
  })

  it('has its whole lease before it also after a batch that took long', async () => {
    await append(eventOf('a'))
    const consumer = consume({
      leaseMs: 200,
      async apply(transaction, events) {
        await transaction.query('select pg_sleep(0.15)', [])
        await tallyProjection.apply(transaction, events)
        await transaction.query('create table applied as select clock_timestamp() as at', [])
      },
    })
    consumer.start()
    await drain(consumer)
    await consumer.stop()
    const { rows } = await test.database.query(
      `select held_until >= at + interval '200 milliseconds' as whole from event_log.consumers, applied`,
    )
    expect(rows).toEqual([{ whole: true }])
  })

  it('parks an event that cannot be applied with the later ones of its key, and no other', async () => {
    await append(
      eventOf('good'),
      eventOf('bad'),
      eventOf('bad', { data: { poison: true } }),
      eventOf('bad'),
      eventOf('good'),
    )
    const consumer = consume()
    consumer.start()
    await drain(consumer)
    await append(eventOf('bad'), eventOf('good'))
    await drain(consumer)
    expect(await readTally(test.database)).toEqual([
      { subject: 'bad', events: 1n, last_sequence: 1n, in_order: true },
      { subject: 'good', events: 3n, last_sequence: 3n, in_order: true },
    ])
    expect(await deadLetters()).toEqual([
      { partition_key: 'bad', reason: 'tasted poison', attempts: 1 },
      { partition_key: 'bad', reason: null, attempts: 0 },
      { partition_key: 'bad', reason: null, attempts: 0 },
    ])
  })

  it('applies parked events in order once the cause is mended, and keeps those that fail again', async () => {
    await append(eventOf('x', { data: { poison: true } }), eventOf('x'), eventOf('y', { data: { poison: true } }))
    const consumer = consume()
    consumer.start()
    await drain(consumer)
    expect(await consumer.retryDeadLetters()).toMatchObject({ applied: [], stillParked: 3 })
    expect(await deadLetters()).toMatchObject([{ attempts: 2 }, { attempts: 0 }, { attempts: 2 }])
    await test.database.query('update tally_switch set poisonous = false')
    expect(await consumer.retryDeadLetters('x')).toMatchObject({ stillParked: 0 })
    expect(await deadLetters()).toMatchObject([{ partition_key: 'y' }])
    await append(eventOf('x'))
    await drain(consumer)
    expect(await readTally(test.database)).toEqual([{ subject: 'x', events: 3n, last_sequence: 3n, in_order: true }])
  })

  it('parks an event that exceeds the bound of one apply, and goes on', async () => {
    await append(eventOf('slow', { data: { slow: true } }), eventOf('quick'))
    const consumer = consume({
      applyTimeoutMs: 400,
      async apply(transaction, events) {
        if (events.some((event) => event.data.slow === true)) await transaction.query('select pg_sleep(30)', [])
        await tallyProjection.apply(transaction, events)
      },
    })
    consumer.start()
    await drain(consumer)
    expect(await deadLetters()).toMatchObject([{ partition_key: 'slow', attempts: 1 }])
    expect(await readTally(test.database)).toMatchObject([{ subject: 'quick' }])
  })

  it('tries again after a deadlock or a lost connection, and parks nothing', async () => {
    let faults = 0
    await append(eventOf('a'), eventOf('b'))
    const consumer = consume({
      async apply(transaction, events) {
        await tallyProjection.apply(transaction, events)
        faults += 1
        if (faults === 1) await transaction.query(`do $$ begin raise exception using errcode = '40P01'; end $$`)
        if (faults === 2) await transaction.query('select pg_terminate_backend(pg_backend_pid())', [])
      },
    })
    consumer.start()
    await drain(consumer)
    expect(await deadLetters()).toEqual([])
    expect(faults).toBe(3)
    expect(await readTally(test.database)).toMatchObject([{ events: 1n }, { events: 1n }])
  })

  it('stands by while another process holds the lease, and takes over when that runs out', async () => {
    await test.database.query(
      `insert into event_log.consumers (name, holder, held_until) values ('test.tally', 'another', 'infinity')`,
    )
    await append(eventOf('a'))
    const standby = consume()
    standby.start()
    const reads = test.database.statementCount()
    await expect.poll(() => test.database.statementCount() - reads, { timeout: 10_000 }).toBeGreaterThan(6)
    expect([standby.holds(), await readTally(test.database)]).toEqual([false, []])
    await test.database.query(`update event_log.consumers set held_until = now() + interval '100 milliseconds'`)
    await drain(standby)
    expect([standby.holds(), await readTally(test.database)]).toMatchObject([true, [{ subject: 'a', events: 1n }]])
  })

  it('applies each event once even when leases run out amid every batch and processes take turns', async () => {
    const rivals = Array.from({ length: 3 }, () => consume({ database: test.open(), leaseMs: 1, batchSize: 7 }))
    for (const rival of rivals) rival.start()
    for (let round = 0; round < 30; round += 1)
      await append(...Array.from({ length: 10 }, (_, index) => eventOf(`s${index}`)))
    await Promise.all(rivals.map(drain))
    expect(await readTally(test.database)).toEqual(
      Array.from({ length: 10 }, (_, index) => ({
        subject: `s${index}`,
        events: 30n,
        last_sequence: 30n,
        in_order: true,
      })),
    )
  })

  it('builds the same rows again from zero while it runs', async () => {
    const consumer = consume({ batchSize: 3 })
    consumer.start()
    await append(...Array.from({ length: 20 }, (_, index) => eventOf(`s${index % 4}`)))
    await append(eventOf('bad', { data: { poison: true } }))
    await drain(consumer)
    const before = await readTally(test.database)
    await test.database.query(`update tally set events = 99; update tally_switch set poisonous = false`)
    await consumer.rebuild(async (transaction) => {
      await transaction.query('truncate tally')
    })
    await drain(consumer)
    expect(await deadLetters()).toEqual([])
    expect(await readTally(test.database)).toEqual([
      { subject: 'bad', events: 1n, last_sequence: 1n, in_order: true },
      ...before,
    ])
  })

  it('stops waiting for progress when asked to, or when it stops', async () => {
    const [recorded] = await append(eventOf('a'))
    const consumer = consume()
    const target = recorded?.position ?? { transactionId: 0n, row: 0n }
    const controller = new AbortController()
    const aborted = consumer.caughtUp(target, controller.signal)
    const stopped = consumer.caughtUp(target)
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await Promise.all([expect(stopped).rejects.toMatchObject({ code: 'SHUTTING_DOWN' }), consumer.stop()])
  })
})
