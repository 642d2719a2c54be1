import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { LinkRule, ProfileData } from './events.ts'
import { type IdentifierKey, identifierKeyOf } from './keys.ts'

// Rows hold JSON values only, so that they live in any cache tier.

export type ProfileRow = Omit<ProfileData, 'profileId' | 'formerIdentifiers' | 'aliasIds'> & {
  readonly id: string
  readonly system: string
}

export type LinkRow = {
  readonly profileId: string
  readonly customerId: string
  readonly rule: LinkRule
  readonly linkedAt: string
}

/** @returns one entry per id, in order; null where nothing is known. */
export async function readProfiles(
  database: Queryable,
  ids: readonly string[],
): Promise<readonly (ProfileRow | null)[]> {
  const { rows } = await database.query<ProfileRecord>(
    'SELECT id, system, external_id, content FROM customers.profiles WHERE id = ANY($1::text[])',
    [ids],
  )
  const profiles = new Map(rows.map((row) => [row.id, toProfile(row)]))
  return ids.map((id) => profiles.get(id) ?? null)
}

/** @returns one entry per profile, in order; null where it is not linked yet. */
export async function readLinks(
  database: Queryable,
  profileIds: readonly string[],
): Promise<readonly (LinkRow | null)[]> {
  const { rows } = await database.query<LinkRecord>(`${selectLinks} WHERE profile_id = ANY($1::text[])`, [profileIds])
  const links = new Map(rows.map((row) => [row.profile_id, toLink(row)]))
  return profileIds.map((id) => links.get(id) ?? null)
}

/** @returns one list per customer, in order, the first linked first; null where there is no such customer. */
export async function readLinksOfCustomers(
  database: Queryable,
  customerIds: readonly string[],
): Promise<readonly (readonly LinkRow[] | null)[]> {
  const { rows } = await database.query<LinkRecord>(
    `${selectLinks} WHERE customer_id = ANY($1::text[]) ORDER BY linked_at, profile_id`,
    [customerIds],
  )
  const links = groupBy(rows.map(toLink), ({ customerId }) => customerId)
  return customerIds.map((id) => links.get(id) ?? null)
}

/** Holders of one identifier read at most: more than a customer may have, so that sharing is noticed. */
const maxHolders = 50

/** @returns one list of profile ids per identifier, in order; empty where no one has it. */
export async function readProfilesOfIdentifiers(
  database: Queryable,
  identifiers: readonly IdentifierKey[],
): Promise<readonly (readonly string[])[]> {
  const { rows } = await database.query<IdentifierKey & { profile_id: string }>(
    `SELECT i.kind, i.value, i.profile_id FROM unnest($1::text[], $2::text[]) AS k(kind, value)
     CROSS JOIN LATERAL (
       SELECT kind, value, profile_id FROM customers.identifiers WHERE kind = k.kind AND value = k.value
       ORDER BY profile_id LIMIT $3) i`,
    [identifiers.map(({ kind }) => kind), identifiers.map(({ value }) => value), maxHolders],
  )
  const holders = groupBy(rows, identifierKeyOf)
  return identifiers.map((key) => holders.get(identifierKeyOf(key))?.map(({ profile_id }) => profile_id) ?? [])
}

/** @returns one list of profile ids per number, the retailer's or a channel's own, in order; empty where no order has it. */
export async function readProfilesOfOrderNumbers(
  database: Queryable,
  numbers: readonly string[],
): Promise<readonly (readonly string[])[]> {
  const { rows } = await database.query<{ asked: string; profile_id: string }>(
    `SELECT n.asked, o.profile_id FROM unnest($1::text[]) AS n(asked)
     CROSS JOIN LATERAL (
       SELECT DISTINCT profile_id FROM (
         SELECT profile_id FROM customers.order_numbers WHERE number = n.asked
         UNION ALL
         SELECT profile_id FROM customers.order_numbers WHERE external_number = n.asked) either
       WHERE profile_id IS NOT NULL
       ORDER BY profile_id LIMIT $2) o`,
    [numbers, maxHolders],
  )
  const profiles = groupBy(rows, ({ asked }) => asked)
  return numbers.map((number) => profiles.get(number)?.map(({ profile_id }) => profile_id) ?? [])
}

const selectLinks = 'SELECT profile_id, customer_id, rule, linked_at FROM customers.links'

type ProfileRecord = {
  readonly id: string
  readonly system: string
  readonly external_id: string
  readonly content: Omit<ProfileRow, 'id' | 'system' | 'externalId'>
}

type LinkRecord = {
  readonly profile_id: string
  readonly customer_id: string
  readonly rule: LinkRule
  readonly linked_at: Date
}

function toProfile({ id, system, external_id, content }: ProfileRecord): ProfileRow {
  return { ...content, id, system, externalId: external_id }
}

function toLink({ profile_id, customer_id, rule, linked_at }: LinkRecord): LinkRow {
  return { profileId: profile_id, customerId: customer_id, rule, linkedAt: linked_at.toISOString() }
}
