import type { Viewer } from '../platform/identity/viewer.ts'

/**
 * Which reservations a viewer sees and acts on. `client`: those made by the same client, of an owner the viewer can name.
 */
export type ReservationScope = { readonly kind: 'all' } | { readonly kind: 'client' } | { readonly kind: 'none' }

/** Storefronts hold units for their own carts; the service desk and services act for any owner. Nobody else reserves. */
export function reservationScope(viewer: Viewer): ReservationScope {
  switch (viewer.kind) {
    case 'anonymous':
    case 'shopper':
      return { kind: 'client' }
    case 'service':
      return { kind: 'all' }
    case 'staff':
      return { kind: viewer.roles.includes('service-desk') ? 'all' : 'none' }
    case 'partner':
      return { kind: 'none' }
    default:
      return viewer satisfies never
  }
}
