import type { Loader } from '../../platform/batch/loader.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { orderRegion } from '../../policies/order-region.ts'
import { isInOrderScope, orderScope } from '../../policies/order-scope.ts'
import type { Policy } from '../../policies/policy.ts'
import type { OrderScopeRow } from './order-scopes.ts'

/** Whether the money of an order is the viewer's to see: of no order out of their scope, by whatever way it is reached. */
export type MaySee = (orderId: string) => boolean | Promise<boolean>

export function createMaySee(
  viewer: Viewer,
  policy: Policy,
  load: {
    readonly orderScope: Pick<Loader<string, OrderScopeRow>, 'load'>
    readonly customerOfProfile: Pick<Loader<string, string>, 'load'>
    readonly region: Pick<Loader<string, string>, 'load'>
  },
): MaySee {
  const scope = orderScope(viewer)
  if (scope.kind === 'none' || !policy.decide(viewer).allowed) return () => false
  if (scope.kind === 'all') return () => true
  return async (orderId) => {
    const order = await load.orderScope.load(orderId)
    if (order === null) return false
    const { profileId, channelId, locationIds } = order
    const customerId =
      scope.kind === 'customer' && profileId !== null ? await load.customerOfProfile.load(profileId) : null
    const region = scope.kind === 'regions' ? await orderRegion(order, load.region) : null
    return isInOrderScope(scope, { customerId, channelId, locationIds, region })
  }
}

type OfOrder = { readonly orderId: string }

/** A loader of single things that gives null for those of an order out of scope. */
export function visibleOne<V extends OfOrder>(loader: Pick<Loader<string, V>, 'load'>, maySee: MaySee) {
  return {
    async load(id: string): Promise<V | null> {
      const found = await loader.load(id)
      return found !== null && (await maySee(found.orderId)) ? found : null
    },
  }
}

/** A loader of an order's things that gives none for an order out of scope. */
export function visibleOfOrder<V>(loader: Pick<Loader<string, readonly V[]>, 'load'>, maySee: MaySee) {
  return {
    load: async (orderId: string): Promise<readonly V[] | null> =>
      (await maySee(orderId)) ? await loader.load(orderId) : null,
  }
}
