import { allow, deny, type Policy } from './policy.ts'

/**
 * Counts, movements and transfers come from the systems that move stock, and from people who stand before the shelf: store
 * associates, for their own store (`stock-scope.ts`), and operations. Guards `Mutation.setCount`, `recordMovements` and all of
 * transfers but their approval (`approve-transfers.ts`).
 */
export const recordStock: Policy = {
  name: 'record-stock',
  decide(viewer) {
    if (viewer.kind === 'service') return allow
    if (viewer.kind !== 'staff') return deny('recording stock is for staff and systems')
    const may = viewer.roles.some((role) => role === 'store-associate' || role === 'ops-admin')
    return may ? allow : deny('no role that records stock')
  },
}
