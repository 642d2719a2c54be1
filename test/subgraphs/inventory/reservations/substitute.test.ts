import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Placement, Promisable } from '../../../../subgraphs/inventory/reservations/place.ts'
import { type OpenDemand, placeOrSubstitute } from '../../../../subgraphs/inventory/reservations/substitute.ts'

const variants = ['A', 'B', 'C'] as const
const variant = fc.constantFrom(...variants)
const line = fc.record({
  variantId: variant,
  quantity: fc.integer({ min: 1, max: 5 }),
  substitutes: fc.option(fc.uniqueArray(variant, { minLength: 1, maxLength: 2 }), { nil: undefined }),
})
const shelf = fc.array(fc.nat({ max: 6 }), { minLength: 2, maxLength: 2 })
const request = fc.record({
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
  shelves: fc.record({ A: shelf, B: shelf, C: shelf }),
  /** What the channel may sell of each may be less than lies there. */
  most: fc.record({ A: fc.nat({ max: 12 }), B: fc.nat({ max: 12 }), C: fc.nat({ max: 12 }) }),
  placed: fc.boolean(),
  only: fc.constantFrom(null, 'l0'),
  kits: fc.array(fc.record({ sets: fc.integer({ min: 1, max: 2 }), of: variant }), { maxLength: 1 }),
})
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never

it('all lines or none, never more of a variant than there is, and given whenever there is a way', () => {
  let substituted = 0
  fc.assert(
    fc.property(request, (one) => {
      const { lines, placement } = place(one)
      const ways = waysOf(lines)
      const fitting = ways.filter((way) => variants.every((id) => demandOf(one, way, id) <= capacityOf(one, id)))
      expect(placement.kind).toBe(fitting.length > 0 ? 'placed' : 'short')
      if (placement.kind === 'short') {
        // What is told is what was asked for, not what was tried in its place.
        for (const { variantId } of placement.shortfalls) expect(asked(one)).toContain(variantId)
        return
      }
      for (const id of variants) {
        const taken = placement.parts.filter(({ variantId }) => variantId === id)
        expect(sumOf(taken)).toBeLessThanOrEqual(capacityOf(one, id))
        for (const [at, units] of one.shelves[id].entries()) {
          expect(sumOf(taken.filter(({ locationId }) => locationId === `l${at}`))).toBeLessThanOrEqual(units)
        }
      }
      for (const { lineId, variantId, quantity, substitutes = [] } of lines) {
        const parts = placement.parts.filter((part) => part.lineId === lineId)
        expect(sumOf(parts)).toBe(quantity)
        const [given] = new Set(parts.map((part) => part.variantId))
        expect(parts.map((part) => part.variantId)).toEqual(parts.map(() => given))
        expect([variantId, ...substitutes]).toContain(given)
        expect(parts.map(({ substitutedFor }) => substitutedFor)).toEqual(
          parts.map(() => (given === variantId ? null : variantId)),
        )
        if (given !== variantId) substituted += 1
      }
    }),
    { numRuns: 2_000 },
  )
  expect(substituted).toBeGreaterThan(100)
})

it('gives what was ordered where all of it is there, and else the most preferred that is', () => {
  const of = (units: Readonly<Record<string, number>>, lines: readonly OpenDemand[]) =>
    placeOrSubstitute(lines, [], (id) => promisable([units[id] ?? 0], 99), { only: null, placed: true })
  const wish = { lineId: '1', variantId: 'A', quantity: 3, substitutes: ['B', 'C'] }
  const given = (placement: Placement) =>
    placement.kind === 'placed' ? placement.parts.map(({ variantId }) => variantId) : []
  expect(given(of({ A: 3, B: 9 }, [wish]))).toEqual(['A'])
  expect(given(of({ A: 2, B: 3, C: 9 }, [wish]))).toEqual(['B'])
  expect(given(of({ A: 2, B: 2, C: 9 }, [wish]))).toEqual(['C'])
  // The first line keeps what it ordered; the second would have had it alone as well.
  expect(given(of({ A: 5, B: 9 }, [wish, { ...wish, lineId: '2' }]))).toEqual(['A', 'B'])
})

it('comes to an end though many lines compete for too little', () => {
  const lines = Array.from({ length: 200 }, (_, n) => ({
    ...{ lineId: `${n}`, variantId: 'A', quantity: 1 + (n % 7), substitutes: ['B', 'C', 'D', 'E', 'F'] },
  }))
  const placement = placeOrSubstitute(lines, [], () => promisable([130], 130), { only: null, placed: true })
  expect(placement).toMatchObject({ kind: 'short', shortfalls: [{ variantId: 'A', available: 130 }] })
})

function place(one: Request) {
  const lines = one.lines.map(({ substitutes, ...rest }, at): OpenDemand => {
    const others = substitutes?.filter((id) => id !== rest.variantId) ?? []
    return { lineId: `${at}`, ...rest, ...(others.length === 0 ? {} : { substitutes: others }) }
  })
  const promisableOf = (id: string) => promisable(one.shelves[id as 'A'], one.most[id as 'A'])
  const kits = one.kits.map(({ sets, of }, at) => ({
    ...{ lineId: `kit ${at}`, kitId: 'kit', together: sets === 1 },
    ...{ sets, components: [{ variantId: of, units: 1 }] },
    promisable: { ...promisableOf(of), parts: [promisableOf(of)] },
  }))
  return { lines, placement: placeOrSubstitute(lines, kits, promisableOf, { only: one.only, placed: one.placed }) }
}

function promisable(shelves: readonly number[], most: number): Promisable {
  const byLocation = shelves.map((available, at) => ({ locationId: `l${at}`, available }))
  const onShelf = sumOf(byLocation.map(({ available }) => ({ quantity: available })))
  return { ats: Math.min(most, onShelf), onShelf, owed: 0, byLocation }
}

function capacityOf({ shelves, most, only, placed }: Request, id: 'A' | 'B' | 'C'): number {
  const [first = 0, second = 0] = shelves[id]
  const ats = Math.min(most[id], first + second)
  return placed && only !== null ? Math.min(ats, first) : ats
}

/** Every way to give the lines, as the variants they are given as. */
function waysOf(lines: readonly OpenDemand[]): readonly (readonly OpenDemand[])[] {
  return lines.reduce<readonly (readonly OpenDemand[])[]>(
    (ways, line) =>
      ways.flatMap((way) =>
        [line.variantId, ...(line.substitutes ?? [])].map((variantId) => [...way, { ...line, variantId }]),
      ),
    [[]],
  )
}

function demandOf({ kits }: Request, way: readonly OpenDemand[], id: string): number {
  const inKits = kits.reduce((sum, { sets, of }) => sum + (of === id ? sets : 0), 0)
  return inKits + sumOf(way.filter(({ variantId }) => variantId === id))
}

function asked({ lines, kits }: Request): readonly string[] {
  return [...lines.map(({ variantId }) => variantId), ...kits.map(({ of }) => of)]
}

function sumOf(parts: readonly { readonly quantity: number }[]): number {
  return parts.reduce((sum, { quantity }) => sum + quantity, 0)
}
