import type { FactOrigin } from '../../platform/connector/fact.ts'
import { toProvenance } from '../../platform/connector/freshness.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { isInCustomerScope } from '../../policies/customer-scope.ts'
import type { IdentifierKind, SubgraphResolvers } from '../../schema/generated/customers.ts'
import { type CustomerView, toCustomerView } from './golden-profile.ts'
import { toLookupValue } from './identifiers.ts'
import type { Context } from './loaders.ts'
import { showCustomer } from './show-customer.ts'
import { unmaskCustomer } from './unmask.ts'

const maxValueLength = 320

export const customersResolvers: SubgraphResolvers = {
  Query: {
    customer: (_, { id }, context) => loadCustomer(id, context),
    async customerByIdentifier(_, { kind, value }, context) {
      const profileIds = await holdersOf(kind, value, context)
      const links = await context.load.link.loadMany(profileIds)
      const customers = new Set(links.flatMap((link) => link?.customerId ?? []))
      const [id] = customers
      return id === undefined || customers.size > 1 ? null : await loadCustomer(id, context)
    },
  },
  Mutation: { unmaskCustomer: (_, given, context) => unmaskCustomer(given, context, loadWhole) },
  UnmaskCustomerResult: { __resolveType: (result) => ('auditId' in result ? 'UnmaskedCustomer' : 'UnmaskRefused') },
  Customer: {
    __resolveReference: ({ id }, context) => loadCustomer(id, context),
    provenance: toAnswer,
  },
  SourceProfile: { provenance: toAnswer },
}

/** A customer as the viewer may see them: null for one out of scope, as if there were none. */
async function loadCustomer(id: string, context: Context): Promise<CustomerView | null> {
  const { scope } = context
  if (!isInCustomerScope(scope, id)) return null
  const customer = await loadWhole(id, context)
  return customer === null ? null : showCustomer(customer, scope.contact)
}

async function loadWhole(id: string, { load, sourcePriority }: Context): Promise<CustomerView | null> {
  const links = (await load.linksOfCustomer.load(id)) ?? []
  const profiles = await load.profile.loadMany(links.map(({ profileId }) => profileId))
  const linked = links.flatMap((link, index) => {
    const profile = profiles[index] ?? null
    return profile === null ? [] : [{ link, profile }]
  })
  return toCustomerView(id, linked, sourcePriority)
}

async function holdersOf(kind: IdentifierKind, value: string, context: Context): Promise<readonly string[]> {
  if (value.trim() === '' || value.length > maxValueLength || value.includes('\u0000')) {
    throw new AppError(
      'BAD_USER_INPUT',
      `Cannot find a customer: value has ${value.length} characters, allowed is text of 1 to ${maxValueLength} without NUL`,
      { details: { argument: 'value', allowed: `1 to ${maxValueLength} characters` } },
    )
  }
  const { load, defaultCountry } = context
  if (kind === 'ORDER_NUMBER') return (await load.profilesOfOrderNumber.load(value.trim())) ?? []
  const normalised = toLookupValue(kind, value, defaultCountry)
  return normalised === null ? [] : ((await load.profilesOfIdentifier.load({ kind, value: normalised })) ?? [])
}

function toAnswer({ origin }: { readonly origin: FactOrigin }, _: unknown, { freshness, now }: Context) {
  return toProvenance(origin, freshness, now)
}
