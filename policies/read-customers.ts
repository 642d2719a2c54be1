import { customerScope } from './customer-scope.ts'
import { allow, deny, type Policy } from './policy.ts'

/** Customers are readable by who has any in scope; whom and how clearly, `customer-scope.ts` says. Guards every way to a `Customer`. */
export const readCustomers: Policy = {
  name: 'read-customers',
  decide: (viewer) => (customerScope(viewer).customers === 'none' ? deny('no customer is in scope') : allow),
}
