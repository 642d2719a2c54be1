import { orderScope } from './order-scope.ts'
import { allow, deny, type Policy } from './policy.ts'

/** Orders are readable by who has any order scope at all; which ones, `order-scope.ts` says. Guards every way to an `Order`. */
export const readOrders: Policy = {
  name: 'read-orders',
  decide: (viewer) => (orderScope(viewer).kind === 'none' ? deny('no order is in scope') : allow),
}
