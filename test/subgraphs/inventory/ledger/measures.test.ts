import { describe, expect, it } from 'vitest'
import type { Entry } from '../../../../subgraphs/inventory/ledger/entries.ts'
import { measuresOf } from '../../../../subgraphs/inventory/ledger/measures.ts'
import { unwatched, type Watched, watch } from '../../../../subgraphs/inventory/ledger/watch.ts'

const at = (time: string) => `2026-10-01T${time}:00.000Z`

function entry(kind: string, sellable: number, happenedAt: string, receivedAt = happenedAt): Entry {
  const place = { variantId: 'v', locationId: 'l', sequence: 1, system: 'erp' }
  const buckets = { damaged: 0, qualityControl: 0, returnHold: 0, manualHold: 0, committed: 0, incoming: 0 }
  const times = { happenedAt: at(happenedAt), receivedAt: at(receivedAt), recordedAt: at(receivedAt), occurredAt: null }
  const rest = { reorderPoint: null, movement: null, transferId: null, asOf: null }
  return { ...place, ...buckets, ...times, ...rest, kind, sellable }
}

const known: Watched = { ...unwatched, sellable: 10, until: at('08:00') }
const measure = (before: Watched | null, given: Entry) => measuresOf(before, watch(before ?? unwatched, given), given)

describe('measures', () => {
  it('compare a count with what was believed of its moment, moves since then aside', () => {
    const moved = watch(watch(known, entry('SALE_ISSUE', -3, '09:00')), entry('RECEIPT', 5, '11:00'))
    expect(measure(moved, entry('PHYSICAL_COUNT', 6, '10:00'))).toEqual([
      { kind: 'count-compared', counted: 6, expected: 7, countedAt: at('10:00') },
    ])
    expect(measure(known, entry('PHYSICAL_COUNT', 6, '07:00'))).toEqual([])
  })

  it('tell units that were there before anybody heard of them, and no others', () => {
    expect(measure(known, entry('RECEIPT', 4, '09:00', '11:00'))).toEqual([
      { kind: 'stock-understated', units: 4, lateMs: 7_200_000 },
    ])
    expect(measure(known, entry('SNAPSHOT', 12, '09:00', '09:15'))).toEqual([
      { kind: 'stock-understated', units: 2, lateMs: 900_000 },
    ])
    // In time; fewer; covered by the last snapshot; the first word there is.
    expect(measure(known, entry('RECEIPT', 4, '09:00', '09:14'))).toEqual([])
    expect(measure(known, entry('SALE_ISSUE', -4, '09:00', '11:00'))).toEqual([])
    expect(measure(known, entry('RECEIPT', 4, '07:00', '11:00'))).toEqual([])
    expect(measure(null, entry('SNAPSHOT', 12, '09:00', '11:00'))).toEqual([])
  })
})
