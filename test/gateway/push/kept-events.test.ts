import { describe, expect, it } from 'vitest'
import { createKeptEvents } from '../../../gateway/push/kept-events.ts'
import type { RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { eventOf } from '../../support/event-of.ts'

const bounds = { events: 10, values: 100, perPage: 4 }
const at = (row: number) => ({ transactionId: 7n, row: BigInt(row) })
const things = new Set(['retail.thing.changed.v1'])

/** @param values in its data, its own object among them */
function recorded(row: number, values: number, type = 'retail.thing.changed.v1'): RecordedEvent {
  const data = { column: Array.from({ length: values - 2 }, (_, n) => n) }
  return { ...eventOf('a', { type, data }), id: `evt_${row}`, sequence: row, position: at(row), recordedTime: '' }
}

const rowsOf = (page: { readonly events: readonly RecordedEvent[] } | null) =>
  page?.events.map(({ sequence }) => sequence)

describe('events kept for who is a little behind', () => {
  it('are paged through by types from where they are kept, and not from before', () => {
    const kept = createKeptEvents(bounds)
    expect(kept.page(at(1), at(1), things)).toBeNull()
    kept.restart(at(5))
    kept.add([recorded(6, 2), recorded(7, 2, 'retail.other.v1'), ...[8, 9, 10, 11].map((row) => recorded(row, 2))])
    expect(kept.page(at(4), at(12), things)).toBeNull()
    const first = kept.page(at(5), at(12), things)
    expect([rowsOf(first), first?.position, first?.more]).toEqual([[6, 8, 9, 10], at(10), true])
    expect(kept.page(at(10), at(12), things)).toMatchObject({
      events: [{ sequence: 11 }],
      position: at(12),
      more: false,
    })
    kept.restart(at(12))
    expect(rowsOf(kept.page(at(12), at(12), things))).toEqual([])
    expect(kept.page(at(11), at(12), things)).toBeNull()
  })

  it('are bounded in number', () => {
    const kept = createKeptEvents({ ...bounds, values: 1_000, perPage: 100 })
    kept.restart(at(0))
    for (let row = 1; row <= 20; row += 1) kept.add([recorded(row, 2)])
    expect(rowsOf(kept.page(at(0), at(20), things))).toHaveLength(20)
    kept.add([recorded(21, 2)])
    expect(kept.page(at(10), at(21), things)).toBeNull()
    expect(rowsOf(kept.page(at(11), at(21), things))).toEqual([12, 13, 14, 15, 16, 17, 18, 19, 20, 21])
  })

  it('are bounded in size: of large ones fewer are kept, and of one too large none', () => {
    const kept = createKeptEvents({ ...bounds, perPage: 100 })
    kept.restart(at(0))
    for (let row = 1; row <= 5; row += 1) kept.add([recorded(row, 40)])
    expect(rowsOf(kept.page(at(0), at(5), things))).toHaveLength(5)
    kept.add([recorded(6, 40)])
    expect(kept.page(at(3), at(6), things)).toBeNull()
    expect(rowsOf(kept.page(at(4), at(6), things))).toEqual([5, 6])
    kept.add([recorded(7, 500)])
    expect(kept.page(at(6), at(7), things)).toBeNull()
    expect(rowsOf(kept.page(at(7), at(7), things))).toEqual([])
  })
})
