import type { Viewer } from '../platform/identity/viewer.ts'

/** Which orders a viewer sees; put into every query by the server, never read from arguments. */
export type OrderScope =
  | { readonly kind: 'all' }
  | { readonly kind: 'customer'; readonly customerId: string }
  | { readonly kind: 'channels'; readonly channelIds: readonly string[] }
  | { readonly kind: 'locations'; readonly locationIds: readonly string[] }
  | { readonly kind: 'regions'; readonly regions: readonly string[] }
  | { readonly kind: 'none' }

/** What the rule must know of one order. */
export type OrderFacts = {
  readonly customerId: string | null
  readonly channelId: string
  /** Where its shipments leave from or it is collected. */
  readonly locationIds: readonly string[]
  /** Of the store it was sold in or is collected from, else of its channel; null: neither has one. */
  readonly region: string | null
}

const none: OrderScope = { kind: 'none' }
const all: OrderScope = { kind: 'all' }

/**
 * A shopper sees their own orders, a partner those of its channels, a store associate those their store
 * handles; the service desk, finance and analysts see all of their regions, or of the tenant when they are bound to
 * none. Nobody else sees any.
 */
export function orderScope(viewer: Viewer): OrderScope {
  switch (viewer.kind) {
    case 'anonymous':
      return none
    case 'shopper':
      return { kind: 'customer', customerId: viewer.customerId }
    case 'partner':
      return { kind: 'channels', channelIds: viewer.channelIds }
    case 'service':
      return all
    case 'staff':
      if (viewer.roles.some((role) => role === 'service-desk' || role === 'finance' || role === 'analyst')) {
        return viewer.regions.length === 0 ? all : { kind: 'regions', regions: viewer.regions }
      }
      return viewer.roles.includes('store-associate') ? { kind: 'locations', locationIds: viewer.locationIds } : none
    default:
      return viewer satisfies never
  }
}

/** The same text for the same scope: part of what a page cursor is bound to, so that it leads nowhere for someone else. */
export function orderScopeKey(scope: OrderScope): string {
  switch (scope.kind) {
    case 'all':
    case 'none':
      return scope.kind
    case 'customer':
      return `customer ${scope.customerId}`
    case 'channels':
      return `channels ${JSON.stringify([...scope.channelIds].sort())}`
    case 'locations':
      return `locations ${JSON.stringify([...scope.locationIds].sort())}`
    case 'regions':
      return `regions ${JSON.stringify([...scope.regions].sort())}`
    default:
      return scope satisfies never
  }
}

/** Whether one order lies in a scope; the same answer a query filtered by the scope gives. */
export function isInOrderScope(scope: OrderScope, order: OrderFacts): boolean {
  switch (scope.kind) {
    case 'all':
      return true
    case 'customer':
      return order.customerId === scope.customerId
    case 'channels':
      return scope.channelIds.includes(order.channelId)
    case 'locations':
      return order.locationIds.some((id) => scope.locationIds.includes(id))
    case 'regions':
      return order.region !== null && scope.regions.includes(order.region)
    case 'none':
      return false
    default:
      return scope satisfies never
  }
}
