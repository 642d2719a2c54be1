import type { Loader } from '../../platform/batch/loader.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { maskAddress } from '../../policies/mask.ts'
import { orderRegion } from '../../policies/order-region.ts'
import { isInOrderScope, type OrderScope } from '../../policies/order-scope.ts'
import { recipientContact } from '../../policies/recipient-scope.ts'
import { locationsOf, type OrderView } from './order-view.ts'

/**
 * Orders as one viewer may see them: null for one out of scope, as if there were none. Every way to an order, a line or
 * a shipment leads through here.
 */
export function createVisibleOrders(
  load: {
    readonly order: Pick<Loader<string, OrderView>, 'load'>
    readonly customerOfProfile: Pick<Loader<string, string>, 'load'>
    readonly region: Pick<Loader<string, string>, 'load'>
  },
  scope: OrderScope,
): { load(id: string): Promise<OrderView | null> } {
  return {
    async load(id) {
      const order = scope.kind === 'none' ? null : await load.order.load(id)
      if (order === null || scope.kind === 'all') return order
      const { channelId, profileId } = order
      // Whose it is decides for a shopper alone, its region for staff of regions; for others neither is looked up.
      const customerId =
        scope.kind === 'customer' && profileId !== null ? await load.customerOfProfile.load(profileId) : null
      const region = scope.kind === 'regions' ? await orderRegion(order, load.region) : null
      return isInOrderScope(scope, { customerId, channelId, locationIds: locationsOf(order), region }) ? order : null
    },
  }
}

/** Whom an order goes to, as far as the viewer may know. */
export function visibleRecipient(order: OrderView, viewer: Viewer, now: Date): OrderView['shipTo'] {
  if (order.shipTo === null) return null
  const contact = recipientContact(viewer, { deliveredAt: deliveredAt(order), now })
  return contact === 'hidden' ? null : contact === 'masked' ? maskAddress(order.shipTo) : order.shipTo
}

function deliveredAt({ shipments, lines }: OrderView): Date | null {
  const isOpen = lines.some(({ stateCounts }) =>
    stateCounts.some(({ state, quantity }) => quantity > 0 && !ended.has(state)),
  )
  const times = shipments.flatMap((shipment) => shipment.deliveredAt ?? [])
  const last = times.sort().at(-1)
  return isOpen || last === undefined ? null : new Date(last)
}

/** States after which nothing more is on its way to the recipient. */
const ended: ReadonlySet<string> = new Set([
  'DELIVERED',
  'COLLECTED',
  'RETURN_REQUESTED',
  'RETURN_IN_TRANSIT',
  'RETURNED',
  'CANCELLED',
  'REJECTED',
  'LOST',
])
