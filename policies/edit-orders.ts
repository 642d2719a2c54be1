import { allow, deny, type Policy } from './policy.ts'

/**
 * Other units of an order are for those who serve its customer, and for systems. Guards `Mutation.editOrder` and
 * `Mutation.withdrawOrderEdit`.
 */
export const editOrders: Policy = {
  name: 'edit-orders',
  decide(viewer) {
    if (viewer.kind === 'service') return allow
    if (viewer.kind !== 'staff') return deny('editing orders is for staff and systems')
    return viewer.roles.includes('service-desk') ? allow : deny('no role that edits orders')
  },
}
