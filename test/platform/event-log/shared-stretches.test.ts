import { describe, expect, it } from 'vitest'
import type { LogPosition, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { startOfLog } from '../../../platform/event-log/position.ts'
import { createSharedStretches, type SharedStretchesDeps } from '../../../platform/event-log/shared-stretches.ts'
import { createDeferred } from '../../support/deferred.ts'

function event(row: number): RecordedEvent {
  return {
    type: 'retail.thing.changed.v1',
    source: '/things/1',
    subject: '1',
    time: '2026-01-01T00:00:00.000Z',
    data: {},
    partitionKey: '1',
    authority: 'erp',
    id: String(row),
    sequence: row,
    recordedTime: '2026-01-01T00:00:00.000Z',
    position: at(row),
  }
}

function at(row: number): LogPosition {
  return row === 0 ? startOfLog : { transactionId: 1n, row: BigInt(row) }
}

function openLog(rows: number, options: Partial<SharedStretchesDeps> = {}) {
  const log = Array.from({ length: rows }, (_, index) => event(index + 1))
  const loads: number[] = []
  const stretches = createSharedStretches({
    async load(after, limit) {
      loads.push(Number(after.row))
      return log.filter(({ position }) => position.row > after.row).slice(0, limit)
    },
    stretchSize: 4,
    ...options,
  })
  const idsAfter = async (row: number) =>
    (await stretches.next(at(row)))?.events.map(({ sequence }) => sequence) ?? null
  return { log, loads, stretches, idsAfter }
}

describe('stretches of the log in common', () => {
  it('are read once for all who come to them, also from their middle', async () => {
    const { loads, stretches, idsAfter } = openLog(6)
    expect(await stretches.next(at(0))).toMatchObject({ position: at(4), more: true })
    expect(await stretches.next(at(4))).toMatchObject({ position: at(6), more: false })
    expect(await idsAfter(0)).toEqual([1, 2, 3, 4])
    expect(await idsAfter(2)).toEqual([3, 4])
    expect(await idsAfter(5)).toEqual([6])
    expect(loads).toEqual([0, 4])
  })

  it('leave a reader who is further back than what is kept to itself', async () => {
    const { idsAfter } = openLog(20, { mostEvents: 8 })
    for (const row of [0, 4, 8, 12]) await idsAfter(row)
    expect(await idsAfter(0)).toBeNull()
    expect(await idsAfter(4)).toBeNull()
    expect(await idsAfter(8)).toEqual([9, 10, 11, 12])
  })

  it('begin anew where a reader is further on than all', async () => {
    const { idsAfter } = openLog(20)
    await idsAfter(0)
    expect(await idsAfter(10)).toEqual([11, 12, 13, 14])
    expect(await idsAfter(0)).toBeNull()
  })

  it('never answer from a look that began before the reader asked, so that what woke it is seen', async () => {
    const first = createDeferred<readonly RecordedEvent[]>()
    const answers = [first.promise, Promise.resolve([event(1)])]
    const { stretches } = openLog(0, { load: () => answers.shift() ?? Promise.resolve([]) })
    const early = stretches.next(at(0))
    await expect.poll(() => answers.length).toBe(1)
    const late = [stretches.next(at(0)), stretches.next(at(0))]
    first.resolve([])
    expect((await early)?.events).toEqual([])
    expect((await Promise.all(late)).map((stretch) => stretch?.events.length)).toEqual([1, 1])
    expect(answers).toEqual([])
  })

  it('answer all who ask at one time from one look, also when it brings nothing', async () => {
    const { log, loads, stretches } = openLog(0)
    const ask = () => Promise.all([1, 2, 3].map(() => stretches.next(at(0))))
    const nothing = { events: [], position: at(0), more: false }
    expect(await ask()).toEqual([nothing, nothing, nothing])
    log.push(event(1))
    expect(await ask()).toMatchObject([1, 2, 3].map(() => ({ position: at(1), more: false })))
    expect(loads).toEqual([0, 0])
  })

  it('let a reader pass what is not of its types without reading, and not what it does not know', async () => {
    const { log, loads, stretches, idsAfter } = openLog(2)
    const [those, others] = [new Set([event(0).type]), new Set(['retail.other.v1'])]
    expect(stretches.skip(at(0), others)).toBeNull()
    await idsAfter(0)
    log.push(event(3))
    await stretches.lookAhead()
    expect([0, 2, 3].map((row) => stretches.skip(at(row), others))).toEqual([at(3), at(3), at(3)])
    expect([0, 2, 3].map((row) => stretches.skip(at(row), those))).toEqual([null, null, at(3)])
    expect(stretches.skip(at(2), null)).toBeNull()
    log.push(...[4, 5, 6, 7].map(event))
    await stretches.lookAhead()
    expect(stretches.skip(at(3), others)).toBeNull()
    expect(loads).toEqual([0, 2, 3])
  })

  it('tell a failed look to who asked for it and look again for the next', async () => {
    const loads = [() => Promise.reject(new Error('gone')), () => Promise.resolve([event(1)])]
    const { stretches } = openLog(0, { load: () => loads.shift()?.() ?? Promise.resolve([]) })
    const failed = await Promise.allSettled([stretches.next(at(0)), stretches.next(at(0))])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(await stretches.next(at(0))).toMatchObject({ position: at(1) })
  })
})
