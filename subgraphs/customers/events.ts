import { z } from 'zod'
import { factOrigin } from '../../platform/connector/fact.ts'
import type { EventOf } from '../../platform/event-log/event-schema.ts'
import { identifierKinds } from './identifiers.ts'

const text = z.string().nullable()

const address = z.object({
  name: text,
  line1: text,
  line2: text,
  city: text,
  region: text,
  postalCode: text,
  country: text,
})

const identifier = z.object({
  kind: z.enum(identifierKinds),
  namespace: z.string(),
  value: z.string(),
  verified: z.boolean(),
  strength: z.enum(['UNIQUE', 'STRONG', 'WEAK']),
})

export const linkRules = ['FIRST_SEEN', 'SHARED_UNIQUE_IDENTIFIER', 'SHARED_STRONG_IDENTIFIER'] as const
export type LinkRule = (typeof linkRules)[number]

/** Everything one system says of a person or company, after the change. */
export const profileEvents = {
  'retail.customer.profile-changed.v1': z.object({
    profileId: z.string(),
    externalId: z.string(),
    name: text,
    company: text,
    identifiers: z.array(identifier),
    addresses: z.array(address),
    /** Ids that other systems' references to this profile by a shared name resolve to. */
    aliasIds: z.array(z.string()),
    /** What it could be found by before this change and no longer can. */
    formerIdentifiers: z.array(z.object({ kind: z.enum(identifierKinds), value: z.string() })),
    /** The source no longer has it: it stays known, without what it said. */
    withdrawn: z.boolean(),
    origin: factOrigin,
  }),
} as const

/** Which customer a profile belongs to from now on. One sequence per profile; holds no personal data. */
export const linkEvents = {
  'retail.customer.linked.v1': z.object({
    profileId: z.string(),
    customerId: z.string(),
    previousCustomerId: z.string().nullable(),
    rule: z.enum(linkRules),
    /** The kinds of identifiers that decided. */
    evidence: z.array(z.enum(identifierKinds)),
  }),
} as const

/** What is needed of an order to find its customer by its number. */
const orderNumbers = z.object({
  orderId: z.string(),
  number: z.string(),
  externalNumber: z.string(),
  profileId: z.string().nullable(),
  former: z.object({ number: z.string(), externalNumber: z.string() }).nullish(),
})

export const orderEvents = {
  'retail.order.captured.v1': orderNumbers,
  'retail.order.edited.v1': orderNumbers,
} as const

export type ProfileEvent = EventOf<typeof profileEvents>
export type ProfileData = ProfileEvent['data']
export type LinkEvent = EventOf<typeof linkEvents>
export type LinkData = LinkEvent['data']
export type OrderNumberEvent = EventOf<typeof orderEvents>
