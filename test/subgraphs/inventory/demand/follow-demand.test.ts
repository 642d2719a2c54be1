import fc from 'fast-check'
import { expect, it } from 'vitest'
import { sharedAllocation } from '../../../../subgraphs/inventory/availability.ts'
import { followDemand } from '../../../../subgraphs/inventory/demand/follow-demand.ts'
import { nothingPromised } from '../../../../subgraphs/inventory/promise.ts'
import type { Hold } from '../../../../subgraphs/inventory/reservations/holds.ts'
import type { ReservationRow } from '../../../../subgraphs/inventory/reservations/legs.ts'
import { createSectionState } from '../../../../subgraphs/inventory/reservations/section-state.ts'

const stock: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  a: { S1: 6, S2: 5 },
  b: { S1: 4 },
  c: { S2: 3 },
  none: {},
}
const now = new Date('2026-11-01T12:00:00.000Z')

/** What an order is of after each edit: two lines may be of one variant, and none may be left. */
const demand = fc.array(
  fc.record({ variantId: fc.constantFrom(...Object.keys(stock)), quantity: fc.integer({ min: 1, max: 9 }) }),
  { maxLength: 3 },
)
const edit = fc.record({ lines: demand, again: fc.boolean(), leaves: fc.nat({ max: 2 }) })

it('keeps for an order what it wants, or all there is of it, whatever it is edited to and however often that is read', () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
      const first = row({ id: 'rsv_00', variantId: 'a', locationId: 'S1', quantity: 2, confirmed: 2 })
      const units = (at: string) =>
        Object.entries(stock[at] ?? {}).map(([locationId, quantity]) => ({ locationId, quantity }))
      const holds = new Map([['a', [{ locationId: 'S1', channelId: 'web', units: 2, hasLeft: false }]]])
      const rows = {
        now,
        locked: new Set(Object.keys(stock)),
        positions: new Map(),
        holds,
        sold: [],
        reservations: [first],
      }
      const numbersOf = (variantId: string) => (held: readonly Hold[]) => {
        const byLocation = units(variantId).flatMap(({ locationId, quantity }) => {
          const taken = held.reduce((sum, hold) => sum + (hold.locationId === locationId ? hold.units : 0), 0)
          // I3: what is taken was there.
          expect(taken).toBeLessThanOrEqual(quantity)
          return taken === quantity ? [] : [{ locationId, available: quantity - taken }]
        })
        const ats = byLocation.reduce((sum, { available }) => sum + available, 0)
        return { ats, onShelf: ats, owed: 0, byLocation }
      }
      const state = createSectionState(rows, (variantId) => ({
        input: () => ({ locations: [], unplaced: 0, allocation: sharedAllocation }),
        numbers: numbersOf(variantId),
        promise: () => nothingPromised,
        fenced: () => 0,
      }))
      const known = [first.id]
      const own = () => known.flatMap((id) => state.reservation(id) ?? [])
      let minted = 0
      const ids = { ulid: () => String(++minted).padStart(4, '0') }
      const keptAsOf = (variantId: string) => ({ components: [{ variantId, quantity: 1 }], together: false })
      const short = new Set<string>()
      const following = { keptAsOf, ids, short, pinned: new Set<string>() }
      let before = [{ lineId: '0', variantId: 'a', quantity: 2 }]
      for (const { lines, again, leaves } of edits) {
        const after = lines.map((line, at) => ({ lineId: String(at), ...line }))
        const told = { orderId: 'o', before, after }
        const { changes, units: found } = followDemand(state, own(), told, following)
        known.push(...new Set(changes.map(({ after: { id } }) => id).filter((id) => !known.includes(id))))
        for (const { variantId, wanted, missing } of found) {
          if (missing > 0) short.add(variantId)
          else short.delete(variantId)
          const kept = sumOf(own(), variantId, ({ confirmed, consumed }) => confirmed + consumed)
          const gone = sumOf(own(), variantId, ({ consumed }) => consumed)
          expect(kept).toBe(Math.max(gone, wanted - missing))
          // What is missing is nowhere to be had.
          if (missing > 0) expect(state.promisable(variantId, { channelId: 'web', method: 'SHIP' }).ats).toBe(0)
        }
        // Of whatever the order is by then, nothing is passed over.
        for (const { variantId } of after) {
          const kept = sumOf(own(), variantId, ({ confirmed, consumed }) => confirmed + consumed)
          const wanted = after.reduce((sum, line) => sum + (line.variantId === variantId ? line.quantity : 0), 0)
          if (kept < wanted) expect(short).toContain(variantId)
        }
        for (const { quantity, held, confirmed, consumed, released, expired } of own()) {
          expect(held + confirmed + consumed + released + expired).toBe(quantity)
          expect(Math.min(held, confirmed, consumed, released)).toBeGreaterThanOrEqual(0)
        }
        if (again) expect(followDemand(state, own(), told, following).changes).toEqual([])
        // Some of it leaves before the next edit.
        for (const one of own().slice(0, leaves)) {
          if (one.confirmed === 0) continue
          const gone = { ...one, confirmed: one.confirmed - 1, consumed: one.consumed + 1, version: one.version + 1 }
          state.apply({ change: 'consumed', before: one, after: gone, occurredAt: null })
        }
        before = after
      }
    }),
    { numRuns: 300 },
  )
})

function sumOf(rows: readonly ReservationRow[], variantId: string, pick: (row: ReservationRow) => number): number {
  return rows.reduce((sum, one) => sum + (one.variantId === variantId ? pick(one) : 0), 0)
}

function row(own: Pick<ReservationRow, 'id' | 'variantId' | 'locationId' | 'quantity' | 'confirmed'>): ReservationRow {
  return {
    ...{ tenant: 't', clientId: 'c', owner: { kind: 'ORDER', id: 'o' }, lineId: '0', channelId: 'web', method: 'SHIP' },
    ...{
      substitutedFor: null,
      promise: null,
      held: 0,
      consumed: 0,
      released: 0,
      expired: 0,
      allocated: 0,
      extensions: 0,
      orderId: 'o',
    },
    ...{ expiresAt: now.toISOString(), createdAt: now.toISOString(), version: 2 },
    ...own,
  }
}
