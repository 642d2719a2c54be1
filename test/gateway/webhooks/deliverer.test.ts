import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { standardSchedule } from '../../../gateway/webhooks/retry-schedule.ts'
import { until } from '../../support/until.ts'
import { type Harness, openHarness, secret, secretBox } from './harness.ts'
import { isSignedWith, type Receiver, startReceiver } from './receiver.ts'

describe('the deliverer', () => {
  let harness: Harness
  let receiver: Receiver
  beforeEach(async () => {
    harness = await openHarness()
    receiver = await startReceiver()
  }, 60_000)
  afterEach(async () => {
    await receiver[Symbol.asyncDispose]()
    await harness[Symbol.asyncDispose]()
    expect(harness.faults).toEqual([])
  })

  it('signs what it sends as Standard Webhooks says', async () => {
    const id = await harness.register(receiver.url)
    await harness.enqueue(id, 'a')
    expect(await harness.deliverer().runDue()).toBe(1)
    const [received] = receiver.received
    expect(received).toMatchObject({ id: 'msg_a', body: '{"data":{"name":"a"}}', attempt: '1', kind: 'event' })
    expect(received?.timestamp).toBe(String(harness.clock.now().getTime() / 1_000))
    expect(received?.headers).toMatchObject({ 'content-type': 'application/json', 'storeloom-cursor': 'cursor-a' })
    expect(received !== undefined && isSignedWith(secret, received)).toBe(true)
    expect(await harness.deliveries(id)).toMatchObject([{ state: 'DELIVERED', attempts: 1, lastStatus: 204 }])
    expect((await harness.webhook(id)).dueAt).toBeNull()
  })

  it('keeps the order of a webhook: nothing overtakes what fails', async () => {
    const id = await harness.register(receiver.url)
    await harness.enqueue(id, 'a', 'b')
    await harness.enqueue(id, 'c')
    receiver.answer(({ id: message }, response) => response.writeHead(message === 'msg_b' ? 500 : 200).end())
    const deliverer = harness.deliverer()
    expect(await deliverer.runDue()).toBe(2)
    harness.clock.advance(4_999)
    expect(await deliverer.runDue()).toBe(0)
    harness.clock.advance(1)
    receiver.answer((_, response) => response.writeHead(200).end())
    expect(await deliverer.runDue()).toBe(2)
    expect(receiver.received.map(({ id: message }) => message)).toEqual(['msg_a', 'msg_b', 'msg_b', 'msg_c'])
  })

  it('is not held up in one webhook by another', async () => {
    const failing = await harness.register(receiver.url)
    const healthy = await harness.register(receiver.url)
    await harness.enqueue(failing, 'a')
    await harness.enqueue(healthy, 'b')
    receiver.answer(({ id }, response) => response.writeHead(id === 'msg_a' ? 503 : 200).end())
    await harness.deliverer().runDue()
    expect(await harness.deliveries(failing)).toMatchObject([{ state: 'PENDING', lastStatus: 503 }])
    expect(await harness.deliveries(healthy)).toMatchObject([{ state: 'DELIVERED' }])
  })

  it('tries eight times over hours, with one id and a new timestamp each time, then goes on without it', async () => {
    const id = await harness.register(receiver.url)
    await harness.enqueue(id, 'a', 'b')
    receiver.answer((_, response) => response.writeHead(500).end())
    const deliverer = harness.deliverer({ schedule: { ...standardSchedule, jitter: 0, breakerFailures: 1_000 } })
    const startMs = harness.clock.now().getTime()
    const times: number[] = []
    for (let attempt = 1; attempt <= 7; attempt += 1) {
      expect(await deliverer.runDue()).toBe(1)
      times.push(harness.clock.now().getTime() - startMs)
      const { dueAt } = await harness.webhook(id)
      harness.clock.advance((dueAt?.getTime() ?? 0) - harness.clock.now().getTime())
    }
    times.push(harness.clock.now().getTime() - startMs)
    receiver.answer(({ id: message }, response) => response.writeHead(message === 'msg_a' ? 500 : 200).end())
    expect(await deliverer.runDue()).toBe(2)
    const minutes = times.map((ms) => ms / 60_000)
    expect(minutes.map((minute) => Math.round(minute * 100) / 100)).toEqual([
      0, 0.08, 5.08, 35.08, 155.08, 455.08, 1055.08, 1655.08,
    ])
    const ofFirst = receiver.received.filter(({ id: message }) => message === 'msg_a')
    expect(ofFirst).toHaveLength(8)
    expect(new Set(ofFirst.map(({ timestamp }) => timestamp)).size).toBe(8)
    expect(ofFirst.every((received) => isSignedWith(secret, received))).toBe(true)
    expect(await harness.deliveries(id)).toMatchObject([
      { id: 'msg_a', state: 'DEAD', attempts: 8 },
      { id: 'msg_b', state: 'DELIVERED' },
    ])
  })

  it('stops at a dead letter where the partner wants no holes', async () => {
    const id = await harness.register(receiver.url, { onDeadLetter: 'PAUSE' })
    await harness.enqueue(id, 'a', 'b')
    receiver.answer((_, response) => response.writeHead(500).end())
    const deliverer = harness.deliverer({ schedule: { ...standardSchedule, delaysMs: [0] } })
    expect(await deliverer.runDue()).toBe(1)
    expect(await harness.webhook(id)).toMatchObject({ state: 'PAUSED', stateReason: 'msg_a is a dead letter' })
    expect(await harness.deliveries(id)).toMatchObject([{ state: 'DEAD' }, { state: 'PENDING', attempts: 0 }])
    await harness.test.database.transaction(async (transaction) => {
      await harness.store.replay(transaction, id, { since: null, deadOnly: true }, 10, harness.clock.now())
      await harness.store.resume(transaction, id, harness.clock.now())
    })
    receiver.answer((_, response) => response.writeHead(200).end())
    await deliverer.runDue()
    expect(receiver.received.map(({ id: message }) => message)).toEqual(['msg_a', 'msg_a', 'msg_b'])
  })

  it('opens a breaker after failures in a row and lets one attempt through when it is time', async () => {
    const id = await harness.register(receiver.url)
    await harness.enqueue(id, 'a', 'b', 'c')
    receiver.answer((_, response) => response.writeHead(500).end())
    const schedule = { ...standardSchedule, jitter: 0, delaysMs: [0, 0], breakerFailures: 3, breakerOpenMs: 60_000 }
    const deliverer = harness.deliverer({ schedule })
    expect(await deliverer.runDue()).toBe(3)
    harness.clock.advance(59_999)
    expect(await deliverer.runDue()).toBe(0)
    await harness.enqueue(id, 'd')
    expect(await deliverer.runDue()).toBe(0)
    harness.clock.advance(1)
    expect(await deliverer.runDue()).toBe(1)
    harness.clock.advance(60_000)
    receiver.answer((_, response) => response.writeHead(200).end())
    expect(await deliverer.runDue()).toBe(2)
    expect(await harness.webhook(id)).toMatchObject({ consecutiveFailures: 0, openUntil: null, failingSince: null })
  })

  it('disables a webhook that has failed for days, and one whose receiver says it is gone', async () => {
    const failing = await harness.register(receiver.url)
    const gone = await harness.register(receiver.url)
    await harness.enqueue(failing, 'a')
    await harness.enqueue(gone, 'b')
    receiver.answer(({ id }, response) => response.writeHead(id === 'msg_b' ? 410 : 500).end())
    const deliverer = harness.deliverer({
      schedule: { ...standardSchedule, delaysMs: Array.from({ length: 20 }, () => 86_400_000), jitter: 0 },
    })
    await deliverer.runDue()
    expect(await harness.webhook(gone)).toMatchObject({
      state: 'DISABLED',
      stateReason: 'The receiver answered 410 Gone',
    })
    for (let day = 1; day <= 4; day += 1) {
      harness.clock.advance(86_400_000)
      expect(await deliverer.runDue()).toBe(1)
    }
    expect((await harness.webhook(failing)).state).toBe('ACTIVE')
    harness.clock.advance(86_400_000)
    expect(await deliverer.runDue()).toBe(1)
    expect(await harness.webhook(failing)).toMatchObject({ state: 'DISABLED' })
    harness.clock.advance(86_400_000)
    expect(await deliverer.runDue()).toBe(0)
  })

  it('waits as long as the receiver asks for', async () => {
    const id = await harness.register(receiver.url)
    await harness.enqueue(id, 'a')
    receiver.answer((_, response) => response.writeHead(429, { 'retry-after': '3600' }).end())
    await harness.deliverer().runDue()
    expect((await harness.webhook(id)).dueAt?.getTime()).toBe(harness.clock.now().getTime() + 3_600_000)
  })

  it('signs with the old and the new secret while both hold, then with the new one alone', async () => {
    const id = await harness.register(receiver.url)
    const fresh = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
    const endsAt = harness.clock.now().getTime() + 3_600_000
    await harness.test.database.transaction((transaction) =>
      harness.store.setSecrets(transaction, id, [
        { sealed: secretBox.seal(fresh), endsAt: null },
        { sealed: secretBox.seal(secret), endsAt },
      ]),
    )
    const deliverer = harness.deliverer()
    await harness.enqueue(id, 'a')
    await deliverer.runDue()
    harness.clock.advance(3_600_000)
    await harness.enqueue(id, 'b')
    await deliverer.runDue()
    const [during, after] = receiver.received
    if (during === undefined || after === undefined) throw new Error('two were sent')
    expect([isSignedWith(secret, during), isSignedWith(fresh, during)]).toEqual([true, true])
    expect([isSignedWith(secret, after), isSignedWith(fresh, after)]).toEqual([false, true])
  })

  it('leaves a webhook alone for a lease after a fault of its own', async () => {
    const id = await harness.register(receiver.url, { secrets: [{ sealed: 'of another key', endsAt: null }] })
    await harness.enqueue(id, 'a')
    const deliverer = harness.deliverer()
    expect(await deliverer.runDue()).toBe(0)
    expect(harness.faults.splice(0)).toMatchObject([{ code: 'CONFIG_INVALID' }])
    expect(await deliverer.runDue()).toBe(0)
    harness.clock.advance(60_000)
    await deliverer.runDue()
    expect(harness.faults.splice(0)).toMatchObject([{ code: 'CONFIG_INVALID' }])
    expect(await harness.deliveries(id)).toMatchObject([{ state: 'PENDING', attempts: 0 }])
  })

  it('shares the work among processes without doing any twice', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => harness.register(receiver.url)))
    for (const id of ids) await harness.enqueue(id, `${id}-a`, `${id}-b`)
    const other = harness.deliverer({ atOnce: 3 })
    const counts = await Promise.all([harness.deliverer({ atOnce: 3 }).runDue(), other.runDue()])
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(24)
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(24)
  })

  it('delivers by itself once started, soon after it is woken', async () => {
    const deliverer = harness.deliverer({ pollMs: 60_000 })
    deliverer.start()
    const id = await harness.register(receiver.url)
    await harness.enqueue(id, 'a')
    deliverer.wake()
    await until('it is delivered', () => receiver.received.length === 1)
  })

  it('repeats by request what was delivered, in the old order and under the old ids', async () => {
    const id = await harness.register(receiver.url)
    const deliverer = harness.deliverer()
    await harness.enqueue(id, 'a')
    await deliverer.runDue()
    harness.clock.advance(1_000)
    const since = harness.clock.now()
    await harness.enqueue(id, 'b', 'c')
    await deliverer.runDue()
    const count = await harness.test.database.transaction((transaction) =>
      harness.store.replay(transaction, id, { since, deadOnly: false }, 10, harness.clock.now()),
    )
    expect(count).toBe(2)
    await deliverer.runDue()
    expect(receiver.received.map(({ id: message }) => message)).toEqual(['msg_a', 'msg_b', 'msg_c', 'msg_b', 'msg_c'])
  })
})
