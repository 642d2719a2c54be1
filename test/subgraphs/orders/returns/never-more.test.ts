import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type KeptReturn, takenOf } from '../../../../subgraphs/orders/returns/return.ts'
import { openReturnWorld } from './world.ts'

const shipped = { A: 4, B: 2 } as const
type Sku = keyof typeof shipped

type Step =
  | { readonly kind: 'request'; readonly sku: Sku; readonly quantity: number }
  | { readonly kind: 'decline' | 'cancel'; readonly nth: number }
  | { readonly kind: 'receive'; readonly nth: number; readonly quantity: number; readonly outcome: string }

const nth = fc.nat({ max: 5 })
const quantity = fc.integer({ min: 1, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('request' as const), sku: fc.constantFrom('A' as const, 'B'), quantity }),
  },
  fc.record({ kind: fc.constantFrom('decline' as const, 'cancel'), nth }),
  {
    weight: 2,
    arbitrary: fc.record({
      ...{ kind: fc.constant('receive' as const), nth, quantity },
      outcome: fc.constantFrom('RECEIVED', 'SHORT', 'WRONG_ITEM', 'LOST_IN_TRANSIT', 'KEPT_BY_CUSTOMER'),
    }),
  },
)

it('takes back no unit more than was shipped, whatever is asked at once (I6, craft#1098, WooCommerce#54499)', async () => {
  await using world = await openReturnWorld({ runs: false })
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 4, maxLength: 6 }), { maxLength: 4 }), async (rounds) => {
      const { id: orderId, lines } = await world.sold(`P-${++runs}`, shipped)
      const kept = async (): Promise<readonly KeptReturn[]> => {
        const { rows } = await world.database.query<{ body: KeptReturn }>(
          'select body from orders.returns where order_id = $1 order by id',
          [orderId],
        )
        return rows.map(({ body }) => body)
      }
      const take = async (one: Step, known: readonly KeptReturn[]): Promise<void> => {
        if (one.kind === 'request') {
          const asked = [{ lineId: lines[one.sku], quantity: one.quantity }]
          const { return: made } = await world.change('requestReturn', { orderId, lines: asked })
          if (made !== undefined) await world.change('authorizeReturn', { returnId: made.id, expectedVersion: 1 })
          return
        }
        const before = known[one.nth % Math.max(1, known.length)]
        const [line] = before?.lines ?? []
        if (before === undefined || line === undefined) return
        const meant = { returnId: before.id, expectedVersion: before.version }
        if (one.kind !== 'receive') await world.change(`${one.kind}Return`, meant)
        else {
          const arrived = [{ lineId: line.lineId, quantity: one.quantity, outcome: one.outcome }]
          await world.change('recordReturnReceipt', { ...meant, locationId: world.locationId('S1'), lines: arrived })
        }
      }
      for (const round of rounds) {
        const known = await kept()
        await Promise.all(round.map((one) => take(one, known)))
        const after = await kept()
        for (const sku of ['A', 'B'] as const) {
          const lineId = lines[sku] ?? ''
          const taken = after.reduce((sum, one) => sum + takenOf(one, lineId), 0)
          expect(taken).toBeLessThanOrEqual(shipped[sku])
          // And what is free is given: a request that asks for no more than that succeeds.
          const limits = await world.change('requestReturn', { orderId, lines: [{ lineId, quantity: 100 }] })
          expect(limits.limits).toEqual([{ id: lineId, requested: 100, allowed: shipped[sku] - taken }])
        }
        for (const { lines: own } of after) {
          for (const { quantity: asked, receipts } of own) {
            expect(receipts.reduce((sum, one) => sum + one.quantity, 0)).toBeLessThanOrEqual(asked)
          }
        }
        // Of the units that money is given back for, no two are the same one.
        const credited = after.flatMap((one) =>
          one.lines.flatMap(({ lineId, receipts }) =>
            receipts
              .filter(({ outcome }) => outcome === 'RECEIVED' || outcome === 'KEPT_BY_CUSTOMER')
              .flatMap((one) => Array.from({ length: one.quantity }, (_, at) => `${lineId} ${one.firstUnit + at}`)),
          ),
        )
        expect(new Set(credited).size).toBe(credited.length)
      }
    }),
    { numRuns: 6 },
  )
}, 120_000)

it('counts what the order’s own system says came back, and the same units once', async () => {
  await using world = await openReturnWorld({ runs: false })
  const { id: orderId, lines } = await world.sold('O-1', { A: 4 })
  const statusCounts = [
    { state: 'DELIVERED', quantity: 3 },
    { state: 'RETURNED', quantity: 1 },
  ]
  await world.sold('O-1', { A: 4 }, { line: { statusCounts }, order: { statusAt: '2026-03-01T00:00:00Z' } })
  const ask = (quantity: number) => world.change('requestReturn', { orderId, lines: [{ lineId: lines.A, quantity }] })
  expect(await ask(4)).toMatchObject({ limits: [{ requested: 4, allowed: 3 }] })
  expect(await ask(3)).toMatchObject({ return: { state: 'REQUESTED' } })
  expect(await ask(2)).toMatchObject({ limits: [{ allowed: 1 }] })
})

it('takes nothing back that was not shipped, nor of a line that the order has not', async () => {
  await using world = await openReturnWorld({ runs: false })
  const { id: orderId, lines } = await world.sold('N-1', { A: 2, B: 1 }, { sent: { A: 1 } })
  const asked = await world.change('requestReturn', {
    orderId,
    lines: [
      { lineId: lines.A, quantity: 2 },
      { lineId: lines.B, quantity: 1 },
      { lineId: 'oln_none', quantity: 1 },
    ],
  })
  expect(asked).toMatchObject({
    __typename: 'ReturnQuantityExceeded',
    limits: [
      { id: lines.A, allowed: 1 },
      { id: lines.B, allowed: 0 },
      { id: 'oln_none', allowed: 0 },
    ],
  })
})
