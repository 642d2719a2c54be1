import type { StaffRole, Viewer } from '../../platform/identity/viewer.ts'

const base = { tenant: 'default', clientId: 'test', scopes: [] }

export const anonymous: Viewer = { ...base, kind: 'anonymous' }
export const shopper = (customerId = 'cus_1'): Viewer => ({ ...base, kind: 'shopper', customerId })
export const partner = (channelIds: readonly string[] = ['amazon']): Viewer => ({
  ...base,
  kind: 'partner',
  partnerId: 'p1',
  channelIds,
})
export const staff = (
  roles: readonly StaffRole[],
  locationIds: readonly string[] = [],
  regions: readonly string[] = [],
): Viewer => ({
  ...base,
  kind: 'staff',
  subject: 's1',
  roles,
  locationIds,
  regions,
})
export const service: Viewer = { ...base, kind: 'service', system: 'test' }
