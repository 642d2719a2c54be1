import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { newestBySource, parseEvent, peekEvent } from '../../../platform/event-log/event-schema.ts'

const schemas = { 'retail.thing.changed.v1': z.object({ id: z.string() }) } as const

function recorded(id: string, sequence: number, overrides: Partial<RecordedEvent> = {}): RecordedEvent {
  return {
    id: `${id}-${sequence}`,
    type: 'retail.thing.changed.v1',
    source: `/tenants/t/things/thing/${id}`,
    subject: id,
    time: '2026-01-02T03:04:05.678Z',
    data: { id },
    partitionKey: id,
    authority: 'test',
    sequence,
    position: { transactionId: 1n, row: BigInt(sequence) },
    recordedTime: '2026-01-02T03:04:06.000Z',
    ...overrides,
  }
}

describe('a recorded event', () => {
  it('is read by the schema of its type', () => {
    const event = recorded('a', 1)
    expect(parseEvent(schemas, event)).toEqual({ type: 'retail.thing.changed.v1', data: { id: 'a' }, recorded: event })
  })

  it('of another type is none of ours, even when its type is the name of a method', () => {
    expect(parseEvent(schemas, recorded('a', 1, { type: 'retail.other.v1' }))).toBeNull()
    expect(parseEvent(schemas, recorded('a', 1, { type: 'toString' }))).toBeNull()
    expect(peekEvent(schemas, recorded('a', 1, { type: 'toString' }))).toBeNull()
  })

  it('that is not what its type promises is refused, or null for those that must not fail', () => {
    const broken = recorded('a', 1, { data: { id: 7 } })
    expect(() => parseEvent(schemas, broken)).toThrow(
      'Cannot read event retail.thing.changed.v1: id is 7, allowed is a string',
    )
    expect(peekEvent(schemas, broken)).toBeNull()
  })
})

describe('newestBySource', () => {
  it('keeps the highest sequence of each source, whatever the order', () => {
    const items = [recorded('a', 2), recorded('b', 1), recorded('a', 3), recorded('a', 1)]
    const newest = newestBySource(items.map((event) => ({ recorded: event })))
    expect(newest.map((item) => item.recorded.id)).toEqual(['a-3', 'b-1'])
  })
})
