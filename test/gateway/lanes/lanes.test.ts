import { describe, expect, it } from 'vitest'
import { nextConcurrency } from '../../../gateway/lanes/concurrency-controller.ts'
import { createLanes, defaultLaneOptions } from '../../../gateway/lanes/lanes.ts'

const forever = new AbortController().signal

describe('lanes', () => {
  it('let requests run at once while there is room', () => {
    const lanes = createLanes(10)
    const permit = lanes.enter('P1', forever)
    expect(permit).not.toBeInstanceOf(Promise)
    expect(lanes.state().running.P1).toBe(1)
  })

  it('keep room that a flood of exports cannot fill', async () => {
    const lanes = createLanes(10)
    const exports = Array.from({ length: 10 }, () => lanes.enter('P3', forever))
    expect(lanes.state().running.P3).toBe(3)
    for (let i = 0; i < 7; i++) expect(lanes.enter('P0', forever)).not.toBeInstanceOf(Promise)
    const shed = await Promise.allSettled(exports.slice(3))
    expect(shed.every((outcome) => outcome.status === 'rejected')).toBe(true)
  })

  it('give a free place to the most important request that waits', async () => {
    const lanes = createLanes(1)
    const running = await lanes.enter('P3', forever)
    const order: string[] = []
    const low = Promise.resolve(lanes.enter('P2', forever)).then((permit) => {
      order.push('P2')
      permit[Symbol.dispose]()
    })
    const high = Promise.resolve(lanes.enter('P0', forever)).then((permit) => {
      order.push('P0')
      permit[Symbol.dispose]()
    })
    running[Symbol.dispose]()
    await Promise.all([low, high])
    expect(order).toEqual(['P0', 'P2'])
    expect(lanes.state().running).toEqual({ P0: 0, P1: 0, P2: 0, P3: 0 })
  })

  it('shed the newest of the least important lane when too many wait', async () => {
    const lanes = createLanes(1, { ...defaultLaneOptions, maxWaiting: 2 })
    const running = await lanes.enter('P0', forever)
    const older = Promise.resolve(lanes.enter('P3', forever))
    const newer = Promise.resolve(lanes.enter('P3', forever))
    const important = Promise.resolve(lanes.enter('P0', forever))
    await expect(newer).rejects.toMatchObject({ code: 'OVERLOADED', retryable: true, details: { lane: 'P3' } })
    running[Symbol.dispose]()
    const permit = await important
    permit[Symbol.dispose]()
    await expect(older).resolves.toBeDefined()
  })

  it('never shed the most important lane for its own kind: it is refused when only its kind waits', async () => {
    const lanes = createLanes(1, { ...defaultLaneOptions, maxWaiting: 1 })
    const running = await lanes.enter('P0', forever)
    const first = Promise.resolve(lanes.enter('P0', forever))
    expect(() => lanes.enter('P0', forever)).toThrow(expect.objectContaining({ code: 'OVERLOADED' }))
    running[Symbol.dispose]()
    await expect(first).resolves.toBeDefined()
  })

  it('leave the queue when the client has gone', async () => {
    const lanes = createLanes(1)
    await lanes.enter('P0', forever)
    const client = new AbortController()
    const waiting = Promise.resolve(lanes.enter('P1', client.signal))
    client.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    expect(lanes.state().waiting.P1).toBe(0)
  })

  it('count a permit given back twice once', async () => {
    const lanes = createLanes(2)
    const permit = await lanes.enter('P0', forever)
    permit[Symbol.dispose]()
    permit[Symbol.dispose]()
    expect(lanes.state().running.P0).toBe(0)
  })
})

describe('concurrency limit', () => {
  it('grows by one while the loop keeps up and the limit is reached', () => {
    expect(nextConcurrency(50, 0.5, true)).toBe(51)
    expect(nextConcurrency(50, 0.5, false)).toBe(50)
  })

  it('shrinks by a tenth while the loop does not keep up, within its bounds', () => {
    expect(nextConcurrency(50, 0.95, true)).toBe(45)
    expect(nextConcurrency(8, 1, true)).toBe(8)
    expect(nextConcurrency(512, 0.1, true)).toBe(512)
  })
})
