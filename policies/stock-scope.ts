import type { Viewer } from '../platform/identity/viewer.ts'

/** Which locations' positions a viewer sees. */
export type StockScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'locations'; readonly locationIds: readonly string[] }

/** A store associate without another role sees their own store's shelf; everyone else who may see positions sees all. */
export function stockScope(viewer: Viewer): StockScope {
  if (viewer.kind !== 'staff')
    return viewer.kind === 'service' ? { kind: 'all' } : { kind: 'locations', locationIds: [] }
  const onlyAssociate = viewer.roles.length > 0 && viewer.roles.every((role) => role === 'store-associate')
  if (viewer.roles.length === 0) return { kind: 'locations', locationIds: [] }
  return onlyAssociate ? { kind: 'locations', locationIds: viewer.locationIds } : { kind: 'all' }
}

/** Whether positions at a location lie in a scope. */
export function isInStockScope(scope: StockScope, locationId: string): boolean {
  return scope.kind === 'all' || scope.locationIds.includes(locationId)
}
