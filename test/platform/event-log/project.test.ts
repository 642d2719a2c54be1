import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CacheInvalidator } from '../../../platform/cache/cache.ts'
import { createCheckpoint } from '../../../platform/event-log/checkpoint.ts'
import type { EventLog, NewEvent } from '../../../platform/event-log/event-log.ts'
import { createFollower, type Follower } from '../../../platform/event-log/follower.ts'
import { createPostgresEventLog } from '../../../platform/event-log/postgres.ts'
import { createProjector, type Projector } from '../../../platform/event-log/project.ts'
import type { Projection } from '../../../platform/event-log/projection.ts'
import { createPostgresWakeBus } from '../../../platform/event-log/wake-bus-postgres.ts'
import { openEventLogDatabase, readable } from '../../support/event-log.ts'
import { eventOf } from '../../support/event-of.ts'
import type { TestDatabase } from '../../support/postgres.ts'
import { createTally, readTally, silentLog, tallyProjection } from '../../support/projection.ts'

type Dropped = CacheInvalidator & { readonly keys: string[]; all: number }

function recordInvalidations(): Dropped {
  const dropped: Dropped = {
    keys: [],
    all: 0,
    invalidate: (keys) => void dropped.keys.push(...keys.map(({ key }) => key)),
    invalidateAll: () => {
      dropped.all += 1
    },
  }
  return dropped
}

/** Fails on everything, so that it has dead letters and another projection can be seen not to mind. */
const failingProjection: Projection = {
  name: 'test.failing',
  types: tallyProjection.types,
  tables: [],
  apply: () => Promise.reject(new Error('never works')),
  keysOf: () => [],
}

describe('createProjector and createFollower', () => {
  let test: TestDatabase
  let eventLog: EventLog
  let projector: Projector
  let dropped: Dropped
  let followers: Follower[]

  beforeEach(async () => {
    test = await openEventLogDatabase()
    eventLog = createPostgresEventLog({ database: test.database, pollMs: 50 })
    await createTally(test.database)
    dropped = recordInvalidations()
    followers = []
    projector = createProjector({
      projections: [tallyProjection, failingProjection],
      database: test.database,
      eventLog,
      invalidator: dropped,
      log: silentLog,
      pollMs: 50,
    })
  })
  afterEach(async () => {
    await Promise.all(followers.map((follower) => follower.stop()))
    await projector.stop()
    await test[Symbol.asyncDispose]()
  })

  const append = async (...events: NewEvent[]): Promise<void> => {
    await test.database.transaction((transaction) => eventLog.append(transaction, events))
    eventLog.wake()
  }
  const drain = async (): Promise<void> => {
    await readable(test.database)
    await projector.caughtUp(await eventLog.head(), AbortSignal.timeout(20_000))
  }
  const follow = async (pollMs: number, appliedBus?: ReturnType<typeof createPostgresWakeBus>) => {
    const seen = recordInvalidations()
    const database = test.open()
    const follower = createFollower({
      projections: [tallyProjection, failingProjection],
      database,
      eventLog: createPostgresEventLog({ database, pollMs: 50 }),
      invalidator: seen,
      log: silentLog,
      pollMs,
      ...(appliedBus === undefined ? {} : { appliedBus }),
    })
    followers.push(follower)
    await follower.start()
    return { follower, seen }
  }

  it('drops from the caches what an event touched, once its rows are committed', async () => {
    projector.start()
    await append(eventOf('a'), eventOf('b'))
    await drain()
    expect(dropped.keys).toEqual(['a', 'b'])
  })

  it('lets one projection fail without holding up another, and says how each stands', async () => {
    projector.start()
    await append(eventOf('a'), eventOf('b'))
    await drain()
    expect(await readTally(test.database)).toHaveLength(2)
    const head = await eventLog.head()
    expect(await projector.lag()).toEqual([
      { name: 'test.tally', position: head, pendingEvents: 0, oldestPendingMs: 0, deadLetters: 0 },
      { name: 'test.failing', position: head, pendingEvents: 0, oldestPendingMs: 0, deadLetters: 2 },
    ])
  })

  it('tells the lag in events and time while nothing is applied', async () => {
    projector.start()
    await append(eventOf('a'))
    await drain()
    await projector.stop()
    await append(eventOf('a'), eventOf('a'))
    const [lag] = await projector.lag()
    expect(lag?.pendingEvents).toBe(2)
    await expect.poll(async () => (await projector.lag())[0]?.oldestPendingMs, { timeout: 10_000 }).toBeGreaterThan(20)
  })

  it('rebuilds a read model from zero and drops every cached entry', async () => {
    projector.start()
    await append(eventOf('a'), eventOf('b'), eventOf('a'))
    await drain()
    const before = await readTally(test.database)
    await test.database.query('update tally set events = 0')
    await projector.rebuild('test.tally')
    await drain()
    expect([await readTally(test.database), dropped.all]).toEqual([before, 1])
  })

  it('refuses to rebuild what there is not', async () => {
    await expect(projector.rebuild('test.missing')).rejects.toThrow('there are test.tally, test.failing')
  })

  it('keeps the caches of another process true without any message', async () => {
    projector.start()
    await append(eventOf('early'))
    await drain()
    const { follower, seen } = await follow(60_000)
    await append(eventOf('a'), eventOf('b'))
    await drain()
    expect(seen.keys).toEqual([])
    await follower.refresh()
    expect([seen.keys, seen.all]).toEqual([['a', 'b'], 0])
  })

  it('passes over what its own process applied, and never over what another did before', async () => {
    projector.start()
    await append(eventOf('early'))
    await drain()
    const { follower, seen } = await follow(60_000)
    const before = await eventLog.head()
    await append(eventOf('other'))
    await drain()
    const between = await eventLog.head()
    await append(eventOf('own'))
    await drain()
    follower.passed('test.tally', between, await eventLog.head())
    await follower.refresh()
    expect(seen.keys).toEqual(['other', 'own'])
    await append(eventOf('own'))
    await drain()
    follower.passed('test.tally', before, await eventLog.head())
    await follower.refresh()
    expect(seen.keys).toEqual(['other', 'own'])
  })

  it('says when all a projection has to show up to a place is shown, whichever process applies', async () => {
    for (const name of ['test.tally', 'test.failing']) await createCheckpoint(test.database, name)
    const { follower, seen } = await follow(100)
    const none = AbortSignal.timeout(20_000)
    await append(eventOf('other', { type: 'retail.other.v1' }))
    await readable(test.database)
    await follower.shows(await eventLog.head(), none)
    await append(eventOf('a'))
    await readable(test.database)
    const target = await eventLog.head()
    await expect(follower.shows(target, AbortSignal.timeout(400))).rejects.toThrow('timeout')
    expect(seen.keys).toEqual([])
    projector.start()
    await follower.shows(target, none)
    expect(seen.keys).toEqual(['a'])
  })

  it('looks within its stated bound by itself', async () => {
    projector.start()
    await append(eventOf('a'))
    await drain()
    const { seen } = await follow(100)
    await append(eventOf('b'))
    await expect.poll(() => seen.keys, { timeout: 10_000 }).toEqual(['b'])
  })

  it('looks at once when told over the bus', async () => {
    const there = createPostgresWakeBus({ database: test.database, channel: 'applied' })
    const here = createPostgresWakeBus({ database: test.open(), channel: 'applied' })
    const telling = createProjector({
      projections: [tallyProjection],
      database: test.database,
      eventLog,
      invalidator: recordInvalidations(),
      log: silentLog,
      appliedBus: there,
    })
    telling.start()
    await append(eventOf('a'))
    await readable(test.database)
    await telling.caughtUp(await eventLog.head(), AbortSignal.timeout(20_000))
    const { seen } = await follow(60_000, here)
    await append(eventOf('b'))
    await expect.poll(() => seen.keys, { timeout: 10_000 }).toEqual(['b'])
    await telling.stop()
    await there[Symbol.asyncDispose]()
    await here[Symbol.asyncDispose]()
  })

  it('drops everything elsewhere after a rebuild and after dead letters were applied', async () => {
    projector.start()
    await append(eventOf('a', { data: { poison: true } }))
    await drain()
    const { follower, seen } = await follow(60_000)
    await projector.rebuild('test.tally')
    await drain()
    await follower.refresh()
    expect(seen.all).toBe(1)
    await test.database.query('update tally_switch set poisonous = false')
    expect((await projector.retryDeadLetters('test.tally')).applied).toHaveLength(1)
    await follower.refresh()
    expect(seen.all).toBe(2)
  })
})
