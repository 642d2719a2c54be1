import type { Loader } from '../../platform/batch/loader.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { isInOrderScope, orderScope } from '../../policies/order-scope.ts'
import { readPayments } from '../../policies/read-payments.ts'
import type { OrderScopeRow } from './order-scopes.ts'

/** Whether the money of an order is the viewer's to see: of no order out of their scope, by whatever way it is reached. */
export type MaySee = (orderId: string) => boolean | Promise<boolean>

export function createMaySee(
  viewer: Viewer,
  scopes: Pick<Loader<string, OrderScopeRow>, 'load'>,
  customerOfProfile: Pick<Loader<string, string>, 'load'>,
): MaySee {
  const scope = orderScope(viewer)
  if (scope.kind === 'none' || !readPayments.decide(viewer).allowed) return () => false
  if (scope.kind === 'all') return () => true
  return async (orderId) => {
    const order = await scopes.load(orderId)
    if (order === null) return false
    const { profileId, ...facts } = order
    const customerId = scope.kind === 'customer' && profileId !== null ? await customerOfProfile.load(profileId) : null
    return isInOrderScope(scope, { ...facts, customerId })
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
