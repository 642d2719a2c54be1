import { allow, deny, type Policy } from './policy.ts'

/**
 * That another location fulfils an order is for those who serve its customer, for the store that cannot (its own, by
 * `order-scope.ts`), and for systems. Guards `Mutation.rerouteFulfillmentOrder`
 * and `Mutation.acknowledgeReroute`.
 */
export const rerouteOrders: Policy = {
  name: 'reroute-orders',
  decide(viewer) {
    if (viewer.kind === 'service') return allow
    if (viewer.kind !== 'staff') return deny('rerouting is for staff and systems')
    const may = viewer.roles.some((role) => role === 'service-desk' || role === 'store-associate')
    return may ? allow : deny('no role that reroutes orders')
  },
}
