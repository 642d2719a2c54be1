import { allow, deny, type Policy } from './policy.ts'

const scope = 'inventory:transfers'

/**
 * Whether stock goes from one location to another is decided by operations, and by systems that were given the scope for it.
 * Guards `Mutation.approveTransfer`.
 */
export const approveTransfers: Policy = {
  name: 'approve-transfers',
  decide(viewer) {
    if (viewer.kind === 'service') return viewer.scopes.includes(scope) ? allow : deny(`no scope ${scope}`)
    if (viewer.kind !== 'staff') return deny('approving transfers is for staff and systems')
    return viewer.roles.includes('ops-admin') ? allow : deny('no role that approves transfers')
  },
}
