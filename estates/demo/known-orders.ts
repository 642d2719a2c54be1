import type { Variant } from './catalogue.ts'
import { destination, type OrderBrief, type World } from './order-brief.ts'
import { accountAt } from './people.ts'

const hourMs = 3_600_000

type Known = Pick<OrderBrief, 'number' | 'externalNumber' | 'channel' | 'mode' | 'outcome' | 'stopAt'> & {
  readonly ageHours: number
  readonly buyer: 'ada' | 'ada at the till' | 'amazon'
  readonly items: readonly (readonly [variantIndex: number, quantity: number])[]
}

/** The README's examples name these; they are the same at every scale and seed. */
const known: readonly Known[] = [
  {
    number: 'O-1000001',
    externalNumber: 'WEB-1000001',
    channel: 'WEB',
    mode: 'PARCEL',
    outcome: 'kept',
    stopAt: 99,
    ageHours: 960,
    buyer: 'ada',
    items: [
      [0, 1],
      [3, 2],
    ],
  },
  {
    number: 'O-1000002',
    externalNumber: 'APP-1000002',
    channel: 'APP',
    mode: 'PARCEL',
    outcome: 'kept',
    stopAt: 60,
    ageHours: 48,
    buyer: 'ada',
    items: [[1, 1]],
  },
  {
    number: 'O-1000003',
    externalNumber: 'ST001-1000003',
    channel: 'POS',
    mode: 'CARRY',
    outcome: 'kept',
    stopAt: 99,
    ageHours: 288,
    buyer: 'ada at the till',
    items: [
      [2, 1],
      [4, 1],
    ],
  },
  {
    number: 'O-1000004',
    externalNumber: 'WEB-1000004',
    channel: 'WEB',
    mode: 'PARCEL',
    outcome: 'returned',
    stopAt: 99,
    ageHours: 720,
    buyer: 'ada',
    items: [[5, 1]],
  },
  {
    number: 'O-1000005',
    externalNumber: 'AMZ-1000001',
    channel: 'AMZ',
    mode: 'PARCEL',
    outcome: 'kept',
    stopAt: 99,
    ageHours: 240,
    buyer: 'amazon',
    items: [[0, 2]],
  },
  {
    number: 'O-1000006',
    externalNumber: 'AMZ-1000002',
    channel: 'AMZ',
    mode: 'PARCEL',
    outcome: 'kept',
    stopAt: 60,
    ageHours: 50,
    buyer: 'amazon',
    items: [
      [6, 1],
      [7, 1],
    ],
  },
  {
    number: 'O-1000007',
    externalNumber: 'AMZ-1000003',
    channel: 'AMZ',
    mode: 'PARCEL',
    outcome: 'cancelled',
    stopAt: 99,
    ageHours: 120,
    buyer: 'amazon',
    items: [[8, 1]],
  },
]

export function knownBriefs(world: World): readonly OrderBrief[] {
  const [centre] = world.centres
  const [store] = world.stores
  const ada = accountAt(world.seed, world.size.customers, 0)
  return known.map(
    ({ ageHours, buyer, items, ...order }, at): OrderBrief => ({
      ...order,
      index: -1 - at,
      orderId: 1_000_001 + at,
      placedAtMs: world.referenceTime.getTime() - ageHours * hourMs,
      buyer:
        buyer === 'ada'
          ? { kind: 'account', index: 0 }
          : buyer === 'ada at the till'
            ? { kind: 'card', loyaltyNumber: 'L-1000001' }
            : {
                kind: 'marketplace',
                name: 'Amazon customer',
                email: `relay-${order.externalNumber.toLowerCase()}@marketplace.amazon.example`,
                phone: null,
              },
      currency: 'EUR',
      shipTo:
        order.mode !== 'PARCEL'
          ? null
          : buyer === 'ada'
            ? destination(ada.name, ada.street, ada.city)
            : destination('Amazon customer', 'Ringweg 7', { name: 'Leipzig', postalCode: '04109', country: 'DE' }),
      site: order.mode === 'CARRY' ? store : centre,
      lines: items.map(([index, quantity]) => ({
        variant: variantAt(world.catalogue, index),
        quantity,
        discountPercent: 0,
      })),
    }),
  )
}

function variantAt(catalogue: readonly Variant[], index: number): Variant {
  const variant = catalogue[index % catalogue.length]
  if (variant === undefined) throw new RangeError('Cannot generate the known orders: the catalogue is empty')
  return variant
}
