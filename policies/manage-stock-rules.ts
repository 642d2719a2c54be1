import { allow, deny, type Policy } from './policy.ts'

const scope = 'inventory:rules'

/**
 * How much of the stock is sold where is decided by operations, and by systems that were given the scope for it. Guards
 * `Mutation.upsertSafetyRule`, `upsertChannelAllocation`, `upsertExclusion`, `upsertSubstitution` and `removeStockRule`.
 */
export const manageStockRules: Policy = {
  name: 'manage-stock-rules',
  decide(viewer) {
    if (viewer.kind === 'service') return viewer.scopes.includes(scope) ? allow : deny(`no scope ${scope}`)
    if (viewer.kind !== 'staff') return deny('rules of selling stock are for staff and systems')
    return viewer.roles.includes('ops-admin') ? allow : deny('no role that manages rules of selling stock')
  },
}
