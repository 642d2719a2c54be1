import { isUnmaskReason, unmaskCustomers } from '../../policies/unmask-customers.ts'
import type { CustomerView } from './golden-profile.ts'
import type { Context } from './loaders.ts'
import { showCustomer } from './show-customer.ts'

type Refused = {
  readonly code: 'FORBIDDEN' | 'INVALID' | 'NOT_FOUND'
  readonly message: string
  readonly path: string[] | null
}
type Unmasked = Pick<CustomerView, 'displayName' | 'company' | 'identifiers' | 'addresses'> & {
  readonly auditId: string
  readonly customer: CustomerView
}

/** Contact data in clear for who may have it and says why. Written down before it is shown. */
export async function unmaskCustomer(
  { id, reason }: { readonly id: string; readonly reason: string },
  context: Context,
  loadWhole: (id: string, context: Context) => Promise<CustomerView | null>,
): Promise<Unmasked | Refused> {
  const { viewer, audit, correlationId, now } = context
  if (viewer.kind !== 'staff' || !unmaskCustomers.decide(viewer).allowed) {
    return { code: 'FORBIDDEN', message: 'Cannot unmask the customer: it is not for this client', path: null }
  }
  if (!isUnmaskReason(reason) || reason.includes('\u0000')) {
    return {
      code: 'INVALID',
      message: 'Cannot unmask the customer: a reason has 10 to 500 characters',
      path: ['reason'],
    }
  }
  const customer = await loadWhole(id, context)
  if (customer === null) {
    return { code: 'NOT_FOUND', message: 'Cannot unmask the customer: there is none of this id', path: ['id'] }
  }
  const { subject, clientId, tenant } = viewer
  const auditId = await audit.record({
    tenant,
    subject,
    clientId,
    customerId: id,
    reason: reason.trim(),
    correlationId,
    at: now,
  })
  const { displayName, company, identifiers, addresses } = customer
  return {
    auditId,
    customer: showCustomer(customer, context.scope.contact),
    displayName,
    company,
    identifiers,
    addresses,
  }
}
