import { allow, deny, type Policy } from './policy.ts'

/**
 * Whether units may come back, that they did and where they go is for those who serve the customer, for stores (what comes in at their
 * own, by `stock-scope.ts`), and for systems. Guards `Mutation.authorizeReturn`, `declineReturn`, `recordReturnReceipt` and
 * `recordReturnDisposition`.
 */
export const handleReturns: Policy = {
  name: 'handle-returns',
  decide(viewer) {
    if (viewer.kind === 'service') return allow
    if (viewer.kind !== 'staff') return deny('handling returns is for staff and systems')
    const may = viewer.roles.some((role) => role === 'service-desk' || role === 'store-associate')
    return may ? allow : deny('no role that handles returns')
  },
}
