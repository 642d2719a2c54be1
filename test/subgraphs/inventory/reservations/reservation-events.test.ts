import { expect, it } from 'vitest'
import type { Change } from '../../../../subgraphs/inventory/reservations/command.ts'
import {
  reservationEvents,
  toReservationEvents,
} from '../../../../subgraphs/inventory/reservations/reservation-events.ts'

const common = {
  change: 'held',
  locationId: null,
  channelId: 'web',
  method: 'SHIP',
  lineId: '1',
  orderId: null,
  quantity: 2,
  allocated: 0,
  expiresAt: '2026-11-30T10:10:00.000Z',
  version: 1,
  occurredAt: null,
  correlationId: null,
} as const
const legs = { held: 2, confirmed: 0, consumed: 0, released: 0, expired: 0 }
const now = new Date('2026-11-30T10:00:00.000Z')

function heldBy(id: string, variantId = 'a', tenant = 't'): Change {
  const after = {
    ...legs,
    ...common,
    id,
    tenant,
    variantId,
    clientId: 'shop',
    owner: { kind: 'CART', id: `owner of ${id}` },
    extensions: 0,
    substitutedFor: null,
    promise: null,
    createdAt: now.toISOString(),
  } as const
  return { change: 'held', before: null, after, occurredAt: null }
}

it('changes are told in their order, each whole, of one variant of one tenant and 128 to an event', () => {
  const changes = [
    ...Array.from({ length: 130 }, (_, n) => heldBy(`r${n}`)),
    heldBy('of another', 'b'),
    heldBy('of a tenant', 'a', 'u'),
  ]
  const events = toReservationEvents(
    changes.map((change) => ({ change, correlationId: null })),
    now,
  )
  expect(events.map(({ source }) => source)).toEqual([
    '/tenants/t/inventory/reservations-of-variant/a',
    '/tenants/t/inventory/reservations-of-variant/a',
    '/tenants/t/inventory/reservations-of-variant/b',
    '/tenants/u/inventory/reservations-of-variant/a',
  ])
  const read = events.map(({ data }) => reservationEvents['retail.inventory.reservations-changed.v3'].parse(data))
  expect(read.flatMap(({ changes }) => changes)).toEqual(
    changes.map(({ after: { id, owner } }) => ({ ...common, legs, reservationId: id, owner })),
  )
})

it('what an earlier release wrote reads as what is written now', () => {
  const first = heldBy('r0')
  const confirmed = { ...first.after, held: 0, confirmed: 2, orderId: 'o', version: 2 }
  const [event] = toReservationEvents(
    [
      { change: first, correlationId: null },
      { change: { change: 'confirmed', before: first.after, after: confirmed, occurredAt: null }, correlationId: 'c' },
    ],
    now,
  )
  const own = { reservationId: 'r0', owner: first.after.owner }
  const earlier = {
    variantId: 'a',
    common: { ...common, legs: { held: 2 } },
    changes: [
      own,
      { ...own, change: 'confirmed', legs: { confirmed: 2 }, orderId: 'o', version: 2, correlationId: 'c' },
    ],
  }
  expect(reservationEvents['retail.inventory.reservations-changed.v3'].parse(event?.data)).toEqual(
    reservationEvents['retail.inventory.reservations-changed.v2'].parse(earlier),
  )
})
