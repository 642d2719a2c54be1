import type { Viewer } from '../platform/identity/viewer.ts'

/** Which customers a viewer sees, and how much of them. */
export type CustomerScope = {
  readonly customers: 'all' | 'none' | { readonly customerId: string }
  /** clear: as known · masked: enough to recognise · hidden: a pseudonym only. */
  readonly contact: 'clear' | 'masked' | 'hidden'
}

/**
 * A shopper sees themselves, in clear. The service desk and store associates find anyone, masked. Finance and
 * analysts see a pseudonym. Partners, operators and the anonymous see nobody.
 */
export function customerScope(viewer: Viewer): CustomerScope {
  switch (viewer.kind) {
    case 'shopper':
      return { customers: { customerId: viewer.customerId }, contact: 'clear' }
    case 'service':
      return { customers: 'all', contact: 'clear' }
    case 'staff':
      if (viewer.roles.some((role) => role === 'service-desk' || role === 'store-associate')) {
        return { customers: 'all', contact: 'masked' }
      }
      if (viewer.roles.some((role) => role === 'finance' || role === 'analyst'))
        return { customers: 'all', contact: 'hidden' }
      return nobody
    case 'partner':
    case 'anonymous':
      return nobody
    default:
      return viewer satisfies never
  }
}

const nobody: CustomerScope = { customers: 'none', contact: 'hidden' }

export function isInCustomerScope(scope: CustomerScope, customerId: string): boolean {
  if (scope.customers === 'all') return true
  return scope.customers !== 'none' && scope.customers.customerId === customerId
}
