import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Code, openFulfillmentWorld } from './world.ts'

const codes = ['DC', 'S1', 'S2', 'S3'] as const satisfies readonly Code[]
const units: Readonly<Record<Code, number>> = { DC: 5, S1: 4, S2: 3, S3: 2 }

type Step =
  | { readonly kind: 'order'; readonly quantity: number }
  | { readonly kind: 'reroute'; readonly order: number; readonly to: Code | null }
  | { readonly kind: 'report'; readonly order: number; readonly status: string }
  | { readonly kind: 'release'; readonly order: number }

const order = fc.nat({ max: 5 })
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('order' as const), quantity: fc.integer({ min: 2, max: 3 }) }),
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('reroute' as const), order, to: fc.option(fc.constantFrom(...codes)) }),
  },
  fc.record({ kind: fc.constant('report' as const), order, status: fc.constantFrom('ACCEPTED', 'REJECTED', 'PICKED') }),
  fc.record({ kind: fc.constant('release' as const), order }),
)

it('never has two locations hold the same units, nor one more than it has, whatever happens at once (I3)', async () => {
  await using world = await openFulfillmentWorld()
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 50 }), async (steps) => {
      const sku = `P-${++runs}`
      await world.stock(sku, units)
      const orders: string[] = []
      const place = async (quantity: number) => {
        const id = await world.order(`${sku}-${orders.length}-${quantity}-${Math.random()}`, { [sku]: quantity })
        if (id !== null) orders.push(id)
      }
      await Promise.all([3, 2, 4].map(place))
      await world.settle()

      const take = async (one: Step): Promise<void> => {
        if (one.kind === 'order') return await place(one.quantity)
        const [live] = (await world.fulfillmentOrders(orders[one.order % orders.length] ?? '')).slice(-1)
        if (live === undefined) return
        if (one.kind === 'reroute') {
          const toLocationId = one.to === null ? null : world.locationId(one.to)
          await world.reroute({ fulfillmentOrderId: live.id, expectedVersion: live.version, toLocationId })
        } else if (one.kind === 'release') {
          const input = { items: [{ reservationId: live.lines[0].reservationId, quantity: 1 }] }
          await world.mutate('releaseReservation', input, 'ReservationUnitsInput', '')
        } else {
          const status = { orderId: live.orderId, fulfillmentOrderId: live.id, status: one.status }
          await world.say(live.locationId, status)
        }
      }
      // Five at once, and the processes beside them.
      for (let at = 0; at < steps.length; at += 5) await Promise.all(steps.slice(at, at + 5).map(take))
      await world.settle()

      const held = await world.confirmedAt(sku)
      for (const code of codes) expect(held[code] ?? 0).toBeLessThanOrEqual(units[code])
      for (const orderId of orders) {
        const all = await world.fulfillmentOrders(orderId)
        const open = all.filter(({ state }) => !['SHIPPED', 'COLLECTED', 'CANCELLED', 'CLOSED'].includes(state))
        const told = open.flatMap(({ locationId, lines }) =>
          lines.map(({ reservationId, quantity }: { reservationId: string; quantity: number }) => [
            reservationId,
            locationId,
            quantity,
          ]),
        )
        expect(told.sort()).toEqual(await world.reservedFor(orderId))
        expect(open.filter(({ leavingBy }) => leavingBy !== null)).toEqual([])
      }
      expect(await world.drift()).toEqual([])
    }),
    { numRuns: 3, endOnFailure: true },
  )
}, 60_000)
