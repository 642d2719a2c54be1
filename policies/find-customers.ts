import { allow, deny, type Policy } from './policy.ts'

/** Finding a customer by e-mail, phone, loyalty or order number is for those who serve them. Guards `Query.customerByIdentifier`. */
export const findCustomers: Policy = {
  name: 'find-customers',
  decide(viewer) {
    if (viewer.kind === 'service') return allow
    if (viewer.kind !== 'staff') return deny('finding customers is staff-only')
    return viewer.roles.some((role) => role === 'service-desk' || role === 'store-associate')
      ? allow
      : deny('role may not find customers')
  },
}
