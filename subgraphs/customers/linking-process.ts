import type { NewEvent } from '../../platform/event-log/event-log.ts'
import { newestBySource, parseEvent } from '../../platform/event-log/event-schema.ts'
import type { Process } from '../../platform/event-log/projection.ts'
import { groupBy } from '../../platform/group-by.ts'
import type { Transaction } from '../../platform/sql/database.ts'
import { type ProfileEvent, profileEvents } from './events.ts'
import type { Identifier } from './identifiers.ts'
import {
  createLinkingState,
  type Link,
  type LinkedProfile,
  type LinkingIdentifier,
  type LinkingState,
  linkProfile,
  nameOf,
} from './linking.ts'

export type LinkingProcessDeps = {
  readonly tenant: string
  /** A new canonical id, `cus_` and a ULID: later ones sort after earlier ones. */
  readonly mintCustomerId: () => string
}

/** Decides which profiles are one customer. Its memory is the identity graph itself, so a rebuild asks it nothing again. */
export function createLinkingProcess({ tenant, mintCustomerId }: LinkingProcessDeps): Process {
  return {
    name: 'customers.linking',
    types: Object.keys(profileEvents),
    async decide(transaction, recorded) {
      const parsed = recorded.flatMap((event) => parseEvent(profileEvents, event) ?? [])
      const newest = new Set(newestBySource(parsed))
      const events = parsed.filter((event) => newest.has(event))
      const { state, versions } = await readState(transaction, events)
      const decided: NewEvent[] = []
      const written = new Map<string, number>()
      for (const event of events) {
        const { profileId, identifiers, aliasIds } = event.data
        const { sequence } = event.recorded
        if ((versions.get(profileId) ?? 0) >= sequence) continue
        const changed = { profileId, aliasIds, identifiers: identifiers.flatMap(toLinking) }
        const links = linkProfile(state, changed, mintCustomerId)
        decided.push(...links.map((link) => toEvent(link, event, tenant)))
        written.set(profileId, sequence)
        for (const link of links) {
          if (state.profiles.has(link.profileId) && !written.has(link.profileId)) {
            written.set(link.profileId, versions.get(link.profileId) ?? 0)
          }
        }
      }
      await writeState(transaction, state, written)
      return decided
    },
  }
}

function toLinking({ kind, namespace, value, strength }: Identifier): LinkingIdentifier[] {
  return strength === 'WEAK' ? [] : [{ kind, namespace, value, strength }]
}

function toEvent(link: Link, cause: ProfileEvent, tenant: string): NewEvent {
  return {
    type: 'retail.customer.linked.v1',
    source: `/tenants/${tenant}/customers/profile-link/${encodeURIComponent(link.profileId)}`,
    subject: link.profileId,
    time: cause.recorded.time,
    data: { ...link },
    partitionKey: link.profileId,
    authority: 'storeloom',
    causationId: cause.recorded.id,
    ...(cause.recorded.correlationId === undefined ? {} : { correlationId: cause.recorded.correlationId }),
  }
}

/** The changed profiles, everyone who shares an identifier with them, and all other profiles of those customers. */
async function readState(transaction: Transaction, events: readonly ProfileEvent[]) {
  const names = new Set(events.flatMap(({ data }) => data.identifiers.flatMap(toLinking).map(nameOf)))
  const profileIds = events.map(({ data }) => data.profileId)
  const aliasIds = new Set(events.flatMap(({ data }) => data.aliasIds))
  const { rows } = await transaction.query<ProfileRecord>(selectProfiles, [[...names], profileIds, maxHolders])
  const known = rows.map(({ profile_id }) => profile_id)
  const { rows: aliases } = await transaction.query<{ alias_id: string; profile_id: string }>(
    'SELECT alias_id, profile_id FROM customers.linking_aliases WHERE alias_id = ANY($1::text[]) OR profile_id = ANY($2::text[])',
    [[...aliasIds], known],
  )
  const owned = groupBy(aliases, ({ profile_id }) => profile_id)
  const profiles = rows.map(
    ({ profile_id, customer_id, identifiers }): LinkedProfile => ({
      profileId: profile_id,
      customerId: customer_id,
      identifiers,
      aliasIds: (owned.get(profile_id) ?? []).map(({ alias_id }) => alias_id).sort(),
    }),
  )
  return {
    state: createLinkingState(
      profiles,
      aliases.map(({ alias_id, profile_id }) => ({ aliasId: alias_id, profileId: profile_id })),
    ),
    versions: new Map(rows.map(({ profile_id, version }) => [profile_id, Number(version)])),
  }
}

async function writeState(
  transaction: Transaction,
  state: LinkingState,
  written: ReadonlyMap<string, number>,
): Promise<void> {
  const profiles = [...written].flatMap(([profileId, version]) => {
    const profile = state.profiles.get(profileId)
    return profile === undefined ? [] : [{ ...profile, version, names: profile.identifiers.map(nameOf) }]
  })
  if (profiles.length === 0) return
  const rows = JSON.stringify(profiles)
  await transaction.query(upsertProfiles, [rows])
  await transaction.query(replaceNames, [rows])
  await transaction.query(insertAliases, [rows])
}

/** Far more than may be one customer: what so many share is nobody's own. */
const maxHolders = 50

type ProfileRecord = {
  readonly profile_id: string
  readonly customer_id: string
  readonly identifiers: readonly LinkingIdentifier[]
  readonly version: bigint
}

const selectProfiles = `
WITH met AS (
  SELECT p.profile_id, p.customer_id FROM customers.linking_profiles p
  WHERE p.profile_id = ANY($2::text[])
  UNION
  SELECT p.profile_id, p.customer_id FROM unnest($1::text[]) AS g(name)
  CROSS JOIN LATERAL (
    SELECT n.profile_id FROM customers.linking_names n WHERE n.name = g.name ORDER BY n.profile_id LIMIT $3) n
  JOIN customers.linking_profiles p ON p.profile_id = n.profile_id
)
SELECT profile_id, customer_id, identifiers, version FROM customers.linking_profiles
WHERE customer_id IN (SELECT customer_id FROM met)
ORDER BY profile_id`

const upsertProfiles = `
INSERT INTO customers.linking_profiles (profile_id, customer_id, identifiers, version)
SELECT "profileId", "customerId", identifiers, version
FROM jsonb_to_recordset($1::jsonb) AS r("profileId" text, "customerId" text, identifiers jsonb, version bigint)
ON CONFLICT (profile_id) DO UPDATE SET
  customer_id = excluded.customer_id, identifiers = excluded.identifiers, version = excluded.version`

const replaceNames = `
WITH given AS (
  SELECT r."profileId" AS profile_id, unnest(r.names) AS name
  FROM jsonb_to_recordset($1::jsonb) AS r("profileId" text, names text[])
), gone AS (
  DELETE FROM customers.linking_names n
  USING jsonb_to_recordset($1::jsonb) AS r("profileId" text, names text[])
  WHERE n.profile_id = r."profileId" AND NOT n.name = ANY(r.names)
)
INSERT INTO customers.linking_names (name, profile_id) SELECT name, profile_id FROM given ON CONFLICT DO NOTHING`

const insertAliases = `
INSERT INTO customers.linking_aliases (alias_id, profile_id)
SELECT unnest(r."aliasIds"), r."profileId"
FROM jsonb_to_recordset($1::jsonb) AS r("profileId" text, "aliasIds" text[])
ON CONFLICT (alias_id) DO NOTHING`
