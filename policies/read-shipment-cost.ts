import { allow, deny, type Policy } from './policy.ts'

/** What a parcel cost the retailer is finance's to know. Guards `Shipment.cost`. */
export const readShipmentCost: Policy = {
  name: 'read-shipment-cost',
  decide(viewer) {
    if (viewer.kind === 'service') return allow
    if (viewer.kind !== 'staff') return deny('costs are staff-only')
    return viewer.roles.includes('finance') ? allow : deny('role may not read costs')
  },
}
