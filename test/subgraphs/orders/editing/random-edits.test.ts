import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { JsonObject } from '../../../../platform/event-log/event-log.ts'
import { openEditingWorld } from './world.ts'

type Items = Readonly<Record<string, number>>
type Step =
  | { readonly kind: 'ask'; readonly order: number; readonly items: Items }
  | { readonly kind: 'say'; readonly order: number; readonly items: Items; readonly cancelled: boolean }
  | { readonly kind: 'agree' | 'consume' | 'again'; readonly order: number }

const units: Readonly<Record<string, number>> = { A: 14, B: 9 }
const items: fc.Arbitrary<Items> = fc.dictionary(fc.constantFrom('A', 'B'), fc.integer({ min: 1, max: 7 }))
const order = fc.nat({ max: 2 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ask' as const), order, items }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('say' as const),
      order,
      items,
      cancelled: fc.nat({ max: 9 }).map((one) => one === 0),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('agree' as const, 'consume' as const, 'again' as const), order }),
  },
)

it('whatever is asked and said of orders at once, what is kept is what they want, and never more than there is (I2, I3)', async () => {
  await using world = await openEditingWorld()
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 24, maxLength: 30 }), async (steps) => {
      runs += 1
      const sku = (name: string) => `${name}-${runs}`
      const named = (wanted: Items): Items =>
        Object.fromEntries(Object.entries(wanted).map(([name, n]) => [sku(name), n]))
      for (const [name, onHand] of Object.entries(units)) await world.stock(sku(name), { S1: onHand - 4, S2: 4 })
      const orders: { id: string; key: string; said: Items; more: JsonObject }[] = []
      for (const key of ['x', 'y', 'z'].map((one) => `${one}-${runs}`)) {
        const said = named({ A: 2, B: 1 })
        orders.push({ id: (await world.order(key, said)) ?? '', key, said, more: {} })
      }
      await world.settle()

      /** Units of each variant that an edit asks to be otherwise. */
      const askedOf = async (editId: string): Promise<Items> => {
        const { rows } = await world.database.query<{ sku: string; asked: number }>(
          `with line as (
             select l ->> 'variantId' as variant_id, (l ->> 'quantity')::int as quantity, side
             from orders.edit_requests, (values ('before'), ('after')) as sides (side), jsonb_array_elements(body -> side) l
             where edit_requests.id = $1)
           select named.value as sku, coalesce(sum(quantity) filter (where side = 'after'), 0)::int as asked
           from line join connector.natural_keys named on named.id = line.variant_id and named.namespace = 'sku' group by 1
           having coalesce(sum(quantity) filter (where side = 'after'), 0) <> coalesce(sum(quantity) filter (where side = 'before'), 0)`,
          [editId],
        )
        return Object.fromEntries(rows.map((row) => [row.sku, row.asked]))
      }

      /** One system says one thing of an order after the other, so its steps wait for each other. */
      const inTurn = new Map<string, Promise<void>>()
      let words = 0
      const take = async (one: Step): Promise<void> => {
        const of = orders[one.order]
        if (of === undefined) return
        const say = async (said: Items, more: JsonObject = {}): Promise<void> => {
          // Each word of a system is later than the one before.
          words += 1
          const later = { ...more, statusAt: new Date(Date.UTC(2026, 1, 2, 0, words)).toISOString() }
          Object.assign(of, { said, more: later })
          await world.edit(of.key, said, later)
        }
        switch (one.kind) {
          case 'say':
            return await say(named(one.items), one.cancelled ? { status: 'CANCELLED' } : {})
          case 'again':
            return await world.edit(of.key, of.said, of.more)
          case 'agree': {
            const edit = await world.newestEdit(of.id)
            if (edit?.state !== 'PENDING') return
            const wanted = Object.entries({ ...of.said, ...(await askedOf(edit.id)) }).filter(([, n]) => n > 0)
            return await say(Object.fromEntries(wanted))
          }
          case 'consume': {
            const [[reservationId = ''] = []] = await world.reservedFor(of.id)
            const input = { items: [{ reservationId, quantity: 1 }] }
            if (reservationId !== '') await world.mutate('consumeReservation', input, 'DatedReservationUnitsInput', '')
            return
          }
          case 'ask': {
            const { lines } = await world.read(of.id)
            const wanted = named(one.items)
            const changes = Object.keys(units).flatMap((name): JsonObject[] => {
              const [line, quantity] = [lines[sku(name)], wanted[sku(name)]]
              if (line === undefined) return quantity === undefined ? [] : [{ addLine: { sku: sku(name), quantity } }]
              if (quantity === undefined) return [{ removeLine: { lineId: line.id } }]
              return [{ setQuantity: { lineId: line.id, quantity } }]
            })
            if (changes.length > 0) await world.editOrder({ orderId: of.id, changes })
            return
          }
          default:
            return one satisfies never
        }
      }
      const taken = steps.map((one) => {
        const after = (inTurn.get(one.kind === 'ask' ? `ask ${one.order}` : `${one.order}`) ?? Promise.resolve()).then(
          () => take(one),
        )
        inTurn.set(one.kind === 'ask' ? `ask ${one.order}` : `${one.order}`, after)
        return after
      })
      await Promise.all(taken)
      await world.settle()

      expect(await world.drift()).toEqual([])
      for (const [name, onHand] of Object.entries(units)) {
        const { rows } = await world.database.query<{ taken: number }>(
          `select coalesce(sum(confirmed + consumed), 0)::int as taken from inventory.reservations
           join connector.natural_keys named on named.id = variant_id and named.namespace = 'sku' where named.value = $1`,
          [sku(name)],
        )
        expect(rows[0]?.taken).toBeLessThanOrEqual(onHand)
      }
      const short = (await world.askInventory('{ orderShortages(first: 100) { orderId wanted missing } }'))
        .orderShortages
      for (const { id, said, more } of orders) {
        const edit = await world.newestEdit(id)
        const found = await world.legs(id)
        expect(edit?.state ?? 'CONFIRMED').not.toBe('REQUESTED')
        const asked = edit?.state === 'PENDING' ? await askedOf(edit.id) : {}
        const missing = short.filter((one: { orderId: string }) => one.orderId === id)
        for (const name of Object.keys(units)) {
          const { confirmed = 0, consumed = 0 } = found[sku(name)] ?? {}
          const wanted = asked[sku(name)] ?? (more.status === 'CANCELLED' ? 0 : (said[sku(name)] ?? 0))
          const told = missing.filter(
            (one: { wanted: number; missing: number }) => one.wanted - one.missing === confirmed + consumed,
          )
          if (confirmed + consumed < wanted) expect(told.map((one: { wanted: number }) => one.wanted)).toContain(wanted)
          else
            expect([confirmed, confirmed + consumed]).toEqual([
              Math.max(0, wanted - consumed),
              Math.max(wanted, consumed),
            ])
        }
      }
    }),
    { numRuns: 3, endOnFailure: true },
  )
}, 90_000)
