import { z } from 'zod'
import type { NormalizeContext, SourceDocument, SourceHandler } from '../../platform/connector/connector.ts'
import { identifiersField, optional, parseDocument, textField } from '../../platform/connector/document-fields.ts'
import { toFactEvent } from '../../platform/connector/fact.ts'
import type { ProfileData } from './events.ts'
import { type Identifier, isRelayEmail, toEmail, toPhone } from './identifiers.ts'

const addressField = z.object({
  name: optional(textField),
  line1: optional(textField),
  line2: optional(textField),
  city: optional(textField),
  region: optional(textField),
  postalCode: optional(textField),
  country: optional(textField),
})

const contactField = z.object({ value: textField, verified: optional(z.boolean()) })

const customerDocument = z.object({
  name: optional(textField),
  company: optional(textField),
  emails: optional(z.array(contactField).max(50)),
  phones: optional(z.array(contactField).max(50)),
  loyaltyId: optional(textField),
  accountId: optional(textField),
  addresses: optional(z.array(addressField).max(50)),
  identifiers: identifiersField,
})

type CustomerDocument = z.output<typeof customerDocument>
type Content = Omit<ProfileData, 'origin' | 'formerIdentifiers'>

/** Where account numbers are unique: one a customer has at the retailer, not at one system. */
const sharedAccounts = 'customer-account'

/** @param country ISO 3166-1 alpha-2: where a phone number without a country code is from */
export function createCustomerSource(country: string): SourceHandler {
  return {
    kind: 'customer',
    version: 1,
    normalize(document, context) {
      const before = customerDocument.safeParse(context.previous).data ?? null
      const known = before && toContent(before, false, country, document, context)
      const now = document.data === null ? emptied : parseDocument(customerDocument, document)
      if (known === null && document.data === null) return []
      const content = toContent(now, document.data === null, country, document, context)
      if (JSON.stringify(content) === JSON.stringify(known)) return []
      const kept = new Set(content.identifiers.map(nameOf))
      const formerIdentifiers = (known?.identifiers ?? [])
        .filter((identifier) => !kept.has(nameOf(identifier)))
        .map(({ kind, value }) => ({ kind, value }))
      const fact = toFactEvent(
        {
          type: 'retail.customer.profile-changed.v1',
          aggregate: 'customers/customer-profile',
          id: content.profileId,
          data: { ...content, formerIdentifiers },
          occurredAt: null,
          dataClassification: 'restricted',
        },
        document,
        context,
      )
      return [fact]
    },
  }
}

const emptied: CustomerDocument = {
  name: null,
  company: null,
  emails: null,
  phones: null,
  loyaltyId: null,
  accountId: null,
  addresses: null,
  identifiers: [],
}

function toContent(
  customer: CustomerDocument,
  withdrawn: boolean,
  country: string,
  { system, key }: SourceDocument,
  { ids }: NormalizeContext,
): Content {
  const profileId = ids.idOf('customer-profile', system, key)
  const aliasIds = namesOf(customer).map(({ namespace, value }) => ids.idOf('customer-profile', namespace, value))
  return {
    profileId,
    externalId: key,
    name: customer.name,
    company: customer.company,
    identifiers: distinct(toIdentifiers(customer, country, system)),
    addresses: customer.addresses ?? [],
    aliasIds: [...new Set(aliasIds)].filter((id) => id !== profileId),
    withdrawn,
  }
}

/** Names by which documents of other systems may refer to the customer. */
function namesOf({ accountId, identifiers }: CustomerDocument): CustomerDocument['identifiers'] {
  return accountId === null ? identifiers : [{ namespace: sharedAccounts, value: accountId }, ...identifiers]
}

/** What does not read as an e-mail or phone number finds nobody, so it is left out; the source document keeps it. */
function toIdentifiers(customer: CustomerDocument, country: string, system: string): readonly Identifier[] {
  const emails = (customer.emails ?? []).flatMap(({ value, verified }) => {
    const email = toEmail(value)
    if (email === null) return []
    const proved = verified === true
    if (isRelayEmail(email)) return [unique('EMAIL', system, email, proved)]
    return [{ kind: 'EMAIL' as const, namespace: '', value: email, verified: proved, strength: strengthOf(proved) }]
  })
  const phones = (customer.phones ?? []).flatMap(({ value, verified }) => {
    const phone = toPhone(value, country)
    if (phone === null) return []
    const proved = verified === true && phone.international
    return [
      {
        kind: 'PHONE' as const,
        namespace: '',
        value: phone.value,
        verified: verified === true,
        strength: strengthOf(proved),
      },
    ]
  })
  const accounts = namesOf(customer).filter(({ namespace }) => namespace === sharedAccounts)
  return [
    ...emails,
    ...phones,
    ...(customer.loyaltyId === null ? [] : [unique('LOYALTY_ID', '', customer.loyaltyId, true)]),
    ...accounts.map(({ value }) => unique('ACCOUNT_ID', sharedAccounts, value, true)),
  ]
}

function unique(kind: Identifier['kind'], namespace: string, value: string, verified: boolean): Identifier {
  return { kind, namespace, value, verified, strength: 'UNIQUE' }
}

function strengthOf(proved: boolean): Identifier['strength'] {
  return proved ? 'STRONG' : 'WEAK'
}

function nameOf({ kind, namespace, value }: Identifier): string {
  return JSON.stringify([kind, namespace, value])
}

/** One of each name; a proved one before a claimed one. */
function distinct(identifiers: readonly Identifier[]): Identifier[] {
  const byName = new Map<string, Identifier>()
  for (const identifier of identifiers) {
    const known = byName.get(nameOf(identifier))
    if (known === undefined || (!known.verified && identifier.verified)) byName.set(nameOf(identifier), identifier)
  }
  return [...byName.values()]
}
