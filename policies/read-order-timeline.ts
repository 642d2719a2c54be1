import { allow, deny, type Policy } from './policy.ts'

/** The internal timeline names systems and causes: staff who see orders, and services. Guards `Order.timeline`. */
export const readOrderTimeline: Policy = {
  name: 'read-order-timeline',
  decide(viewer) {
    if (viewer.kind === 'service') return allow
    if (viewer.kind !== 'staff') return deny('the internal timeline is staff-only')
    return viewer.roles.some((role) => role !== 'ops-admin') ? allow : deny('role may not read orders')
  },
}
