import { allow, deny, type Policy } from './policy.ts'

/**
 * A return is asked for, or not wanted any more, by the shopper whose order it is (`order-scope.ts`), by those who serve them, and by
 * systems. Guards `Mutation.requestReturn` and `cancelReturn`.
 */
export const requestReturns: Policy = {
  name: 'request-returns',
  decide(viewer) {
    if (viewer.kind === 'service' || viewer.kind === 'shopper') return allow
    if (viewer.kind !== 'staff') return deny('returns are for shoppers, staff and systems')
    const may = viewer.roles.some((role) => role === 'service-desk' || role === 'store-associate')
    return may ? allow : deny('no role that asks for returns')
  },
}
