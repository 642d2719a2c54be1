import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createFeedStore, type FeedStore } from '../../../gateway/webhooks/feed-store.ts'
import { type Harness, openHarness } from './harness.ts'

describe('who feeds a webhook', () => {
  let harness: Harness
  let store: FeedStore
  let id: string
  beforeAll(async () => {
    harness = await openHarness()
    store = createFeedStore(harness.test.database, harness.queue, 2)
  }, 60_000)
  afterAll(() => harness[Symbol.asyncDispose]())
  beforeEach(async () => {
    await harness.test.database.query('delete from webhooks.webhooks')
    id = await harness.register('http://127.0.0.1:1/')
  })

  const lease = (holder: string) => ({ holder, now: harness.clock.now(), leaseMs: 1_000 })
  const acquire = async (holder: string) => (await store.acquire({ ...lease(holder), limit: 10 })).map((one) => one.id)
  const advance = (holder: string, from: string, to: string, ...names: string[]) =>
    store.advance({
      webhookId: id,
      holder,
      from,
      to,
      now: harness.clock.now(),
      deliveries: names.map((name) => ({ id: `msg_${id}_${name}`, kind: 'EVENT', payload: name, cursor: name })),
    })
  const queued = async () => (await harness.deliveries(id)).map(({ payload }) => payload)

  it('is one process at a time, and another once its lease has run out', async () => {
    expect(await acquire('a')).toEqual([id])
    expect(await acquire('b')).toEqual([])
    harness.clock.advance(900)
    expect(await store.renew([id], lease('a'))).toEqual(new Set([id]))
    harness.clock.advance(900)
    expect(await acquire('b')).toEqual([])
    harness.clock.advance(100)
    expect(await acquire('b')).toEqual([id])
    expect(await store.renew([id], lease('a'))).toEqual(new Set())
  })

  it('queues and moves the checkpoint, both or neither', async () => {
    await acquire('a')
    expect(await advance('a', 'start', 'c1', 'one')).toBe('done')
    expect(await advance('a', 'start', 'c2', 'two')).toBe('lost')
    expect(await queued()).toEqual(['one'])
    expect((await harness.webhook(id)).checkpoint).toBe('c1')
  })

  it('writes nothing any more once another has taken over', async () => {
    await acquire('a')
    harness.clock.advance(1_000)
    await acquire('b')
    expect(await advance('a', 'start', 'c1', 'one')).toBe('lost')
    expect(await queued()).toEqual([])
    expect(await advance('b', 'start', 'c1', 'one')).toBe('done')
  })

  it('waits while the queue is full', async () => {
    await acquire('a')
    expect(await advance('a', 'start', 'c1', 'one', 'two')).toBe('done')
    expect(await advance('a', 'c1', 'c2', 'three')).toBe('full')
    expect((await harness.webhook(id)).checkpoint).toBe('c1')
    expect(await advance('a', 'c1', 'c2')).toBe('done')
  })

  it('does not queue again what waits already', async () => {
    await acquire('a')
    await advance('a', 'start', 'c1', 'one')
    await advance('a', 'c1', 'start', 'one')
    expect(await queued()).toEqual(['one'])
  })

  it('leaves one alone that could not be followed, for as long as it is told to', async () => {
    await acquire('a')
    await store.release(id, 'a', new Date(harness.clock.now().getTime() + 5_000))
    harness.clock.advance(4_999)
    expect(await acquire('b')).toEqual([])
    harness.clock.advance(1)
    expect(await acquire('b')).toEqual([id])
    await store.stop(id, 'b', 'FORBIDDEN: no')
    expect(await harness.webhook(id)).toMatchObject({ state: 'PAUSED', stateReason: 'FORBIDDEN: no' })
    expect(await acquire('a')).toEqual([])
  })
})
