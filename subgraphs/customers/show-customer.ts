import type { CustomerScope } from '../../policies/customer-scope.ts'
import { maskAddress, maskEmail, maskName, maskPhone } from '../../policies/mask.ts'
import type { CustomerView, GoldenIdentifier } from './golden-profile.ts'

/** A customer with as much personal data as a viewer may see. Hidden leaves a pseudonym: the id, and which systems know it. */
export function showCustomer(customer: CustomerView, contact: CustomerScope['contact']): CustomerView {
  switch (contact) {
    case 'clear':
      return customer
    case 'masked':
      return {
        ...customer,
        displayName: maskedName(customer.displayName),
        identifiers: customer.identifiers.map((identifier) => ({ ...identifier, value: maskedValue(identifier) })),
        addresses: customer.addresses.map(maskAddress),
        profiles: customer.profiles.map((profile) => ({ ...profile, name: maskedName(profile.name) })),
      }
    case 'hidden':
      return {
        ...customer,
        displayName: null,
        company: null,
        identifiers: [],
        addresses: [],
        profiles: customer.profiles.map((profile) => ({ ...profile, name: null, externalId: '' })),
      }
    default:
      return contact satisfies never
  }
}

const maskedName = (name: string | null): string | null => (name === null ? null : maskName(name))

/** Numbers the retailer gave stay: they reach nobody. */
function maskedValue({ kind, value }: GoldenIdentifier): string {
  if (kind === 'EMAIL') return maskEmail(value)
  return kind === 'PHONE' ? maskPhone(value) : value
}
