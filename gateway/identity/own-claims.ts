import type { ClaimMapping } from '../../platform/identity/claims.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'

/** How tokens of this installation's own say who they are for. */
export const ownClaims: ClaimMapping = { kindClaim: 'kind', clientId: 'client_id' }

/** The other way round. */
export function toClaims(viewer: Viewer): Readonly<Record<string, unknown>> {
  const base = { kind: viewer.kind, client_id: viewer.clientId, scope: viewer.scopes.join(' ') }
  switch (viewer.kind) {
    case 'anonymous':
      return base
    case 'shopper':
      return { ...base, sub: viewer.customerId }
    case 'staff':
      return {
        ...base,
        sub: viewer.subject,
        roles: viewer.roles,
        location_ids: viewer.locationIds,
        regions: viewer.regions,
      }
    case 'partner':
      return { ...base, sub: viewer.partnerId, channel_ids: viewer.channelIds }
    case 'service':
      return { ...base, sub: viewer.system }
    default:
      return viewer satisfies never
  }
}
