import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  noReturnStock,
  type ReturnStock,
  settleReturnStock,
} from '../../../../subgraphs/inventory/returns/return-stock.ts'

type Word =
  | { readonly kind: 'receipt' | 'placement'; readonly units: number }
  | { readonly kind: 'theirs'; readonly received: number; readonly onHold: boolean }
  | { readonly kind: 'they-place'; readonly units: number }

const units = fc.integer({ min: 1, max: 4 })
const word: fc.Arbitrary<Word> = fc.oneof(
  fc.record({ kind: fc.constantFrom('receipt' as const, 'placement'), units }),
  fc.record({ kind: fc.constant('theirs' as const), received: units, onHold: fc.boolean() }),
  fc.record({ kind: fc.constant('they-place' as const), units }),
)

/** Every word has an id by which it is told once. */
function add(stock: ReturnStock, one: Word, at: number): ReturnStock {
  const told = { id: `w${at}`, at: '2026-10-01T00:00:00.000Z', applied: 0 }
  switch (one.kind) {
    case 'receipt':
      return { ...stock, receipts: [...stock.receipts, { ...told, quantity: one.units }] }
    case 'placement':
      return { ...stock, placements: [...stock.placements, { ...told, quantity: one.units, bucket: 'SELLABLE' }] }
    case 'theirs': {
      const { received, onHold } = one
      return {
        ...stock,
        theirs: [...stock.theirs, { eventId: told.id, received, held: onHold ? received : 0, disposed: 0 }],
      }
    }
    case 'they-place':
      return { ...stock, theirs: [...stock.theirs, { eventId: told.id, received: 0, held: 0, disposed: one.units }] }
  }
}

/** Units of ours in each bucket, by the movements that were made. */
function follow(words: readonly (readonly [Word, number])[]) {
  let stock = noReturnStock
  const ours = { hold: 0, sellable: 0 }
  for (const [one, at] of words) {
    const { after, moves } = settleReturnStock(add(stock, one, at))
    stock = after
    for (const { from, to, units: moved } of moves) {
      if (from === 'RETURN_HOLD') ours.hold -= moved
      if (to === 'RETURN_HOLD') ours.hold += moved
      if (to === 'SELLABLE') ours.sellable += moved
    }
    expect(settleReturnStock(stock).moves).toEqual([])
  }
  return ours
}

it('counts each unit once, whoever tells it first and in whatever order (I8, I9)', () => {
  const shuffled = fc.array(word, { maxLength: 10 }).chain((words) => {
    const told = words.map((one, at) => [one, at] as const)
    return fc.tuple(fc.constant(told), fc.shuffledSubarray(told, { minLength: told.length }))
  })
  fc.assert(
    fc.property(shuffled, ([words, other]) => {
      const sum = (of: (one: Word) => number) => words.reduce((total, [one]) => total + of(one), 0)
      const received = sum((one) => (one.kind === 'receipt' ? one.units : 0))
      const theirs = sum((one) => (one.kind === 'theirs' ? one.received : 0))
      const held = sum((one) => (one.kind === 'theirs' && one.onHold ? one.received : 0))
      const placed = sum((one) => (one.kind === 'placement' ? one.units : 0))
      const disposed = sum((one) => (one.kind === 'they-place' ? one.units : 0))
      const ours = follow(words)
      const taken = Math.max(0, received - theirs)
      const sellable = Math.min(Math.max(0, placed - disposed), Math.max(0, taken + held - disposed))
      expect(ours).toEqual({ hold: taken - sellable, sellable })
      expect(follow(other)).toEqual(ours)
    }),
  )
})

it('takes back what a till tells by itself, from where it had put it', () => {
  const at = '2026-10-01T00:00:00.000Z'
  const { after } = settleReturnStock({ ...noReturnStock, receipts: [{ id: 'r', quantity: 3, at, applied: 0 }] })
  const till = { eventId: 'e', received: 2, held: 2, disposed: 0 }
  expect(settleReturnStock({ ...after, theirs: [till] }).moves).toEqual([
    { id: 'r', from: null, to: 'RETURN_HOLD', units: -2, at },
  ])
})
