import { allow, deny, type Policy } from './policy.ts'

/** Buckets and counts per location are staff's; shoppers and partners see what may be sold. Guards every way to an `InventoryPosition`. */
export const readStockPositions: Policy = {
  name: 'read-stock-positions',
  decide(viewer) {
    if (viewer.kind === 'service') return allow
    if (viewer.kind !== 'staff') return deny('stock positions are staff-only')
    return viewer.roles.length > 0 ? allow : deny('no role')
  },
}
