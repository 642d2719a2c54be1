import { newestBySource, parseEvent, peekEvent } from '../../platform/event-log/event-schema.ts'
import type { Projection } from '../../platform/event-log/projection.ts'
import { linkEvents, orderEvents, profileEvents } from './events.ts'
import { identifierKeyOf } from './keys.ts'

/** What each system says of its customers, and what they are looked up by. */
export const profilesProjection: Projection = {
  name: 'customers.profiles',
  types: Object.keys(profileEvents),
  tables: ['customers.profiles', 'customers.identifiers'],

  async apply(transaction, recorded) {
    const events = newestBySource(recorded.flatMap((event) => parseEvent(profileEvents, event) ?? []))
    if (events.length === 0) return
    const rows = events.map(({ data, recorded: { sequence } }) => {
      const { profileId, externalId, formerIdentifiers: _, aliasIds: __, ...content } = data
      return { id: profileId, system: data.origin.system, externalId, content, version: sequence }
    })
    const { rows: written } = await transaction.query<{ id: string }>(upsertProfiles, [JSON.stringify(rows)])
    const changed = new Set(written.map(({ id }) => id))
    const identifiers = rows
      .filter(({ id }) => changed.has(id))
      .flatMap(({ id, content }) => content.identifiers.map(({ kind, value }) => ({ id, kind, value })))
    await transaction.query(replaceIdentifiers, [[...changed], JSON.stringify(identifiers)])
    await transaction.query(insertIdentifiers, [JSON.stringify(identifiers)])
  },

  keysOf(recorded) {
    const event = peekEvent(profileEvents, recorded)
    if (event === null) return []
    const { profileId, identifiers, formerIdentifiers } = event.data
    return [
      { cache: 'customers.profile', key: profileId },
      ...[...identifiers, ...formerIdentifiers].map((identifier) => ({
        cache: 'customers.profiles-of-identifier',
        key: identifierKeyOf(identifier),
      })),
    ]
  },
}

/** Which profiles are one customer. */
export const linksProjection: Projection = {
  name: 'customers.links',
  types: Object.keys(linkEvents),
  tables: ['customers.links'],

  async apply(transaction, recorded) {
    const events = newestBySource(recorded.flatMap((event) => parseEvent(linkEvents, event) ?? []))
    const rows = events.map(({ data: { profileId, customerId, rule }, recorded: { time, sequence } }) => ({
      profileId,
      customerId,
      rule,
      linkedAt: time,
      version: sequence,
    }))
    if (rows.length > 0) await transaction.query(upsertLinks, [JSON.stringify(rows)])
  },

  keysOf(recorded) {
    const event = peekEvent(linkEvents, recorded)
    if (event === null) return []
    const { profileId, customerId, previousCustomerId } = event.data
    return [
      { cache: 'customers.link', key: profileId },
      { cache: 'customers.links-of-customer', key: customerId },
      ...(previousCustomerId === null ? [] : [{ cache: 'customers.links-of-customer', key: previousCustomerId }]),
    ]
  },
}

/** Whose order has a number. */
export const orderNumbersProjection: Projection = {
  name: 'customers.order-numbers',
  types: Object.keys(orderEvents),
  tables: ['customers.order_numbers'],

  async apply(transaction, recorded) {
    const events = newestBySource(recorded.flatMap((event) => parseEvent(orderEvents, event) ?? []))
    const rows = events.map(({ data: { former: _, ...data }, recorded: { sequence } }) => ({
      ...data,
      version: sequence,
    }))
    if (rows.length > 0) await transaction.query(upsertOrderNumbers, [JSON.stringify(rows)])
  },

  keysOf(recorded) {
    const event = peekEvent(orderEvents, recorded)
    if (event === null) return []
    const { number, externalNumber, former } = event.data
    const numbers = new Set([number, externalNumber, former?.number ?? number, former?.externalNumber ?? number])
    return [...numbers].map((key) => ({ cache: 'customers.profiles-of-order-number', key }))
  },
}

const upsertProfiles = `
INSERT INTO customers.profiles AS known (id, system, external_id, content, version)
SELECT id, system, "externalId", content, version
FROM jsonb_to_recordset($1::jsonb) AS r(id text, system text, "externalId" text, content jsonb, version bigint)
ON CONFLICT (id) DO UPDATE SET
  system = excluded.system, external_id = excluded.external_id, content = excluded.content, version = excluded.version
WHERE known.version < excluded.version
RETURNING id`

const replaceIdentifiers = `
DELETE FROM customers.identifiers i
WHERE i.profile_id = ANY($1::text[]) AND NOT EXISTS (
  SELECT FROM jsonb_to_recordset($2::jsonb) AS r(id text, kind text, value text)
  WHERE r.id = i.profile_id AND r.kind = i.kind AND r.value = i.value)`

const insertIdentifiers = `
INSERT INTO customers.identifiers (profile_id, kind, value)
SELECT DISTINCT id, kind, value FROM jsonb_to_recordset($1::jsonb) AS r(id text, kind text, value text)
ON CONFLICT DO NOTHING`

const upsertLinks = `
INSERT INTO customers.links AS known (profile_id, customer_id, rule, linked_at, version)
SELECT "profileId", "customerId", rule, "linkedAt", version
FROM jsonb_to_recordset($1::jsonb) AS r("profileId" text, "customerId" text, rule text, "linkedAt" timestamptz, version bigint)
ON CONFLICT (profile_id) DO UPDATE SET
  customer_id = excluded.customer_id, rule = excluded.rule, linked_at = excluded.linked_at, version = excluded.version
WHERE known.version < excluded.version`

const upsertOrderNumbers = `
INSERT INTO customers.order_numbers AS known (order_id, number, external_number, profile_id, version)
SELECT "orderId", number, "externalNumber", "profileId", version
FROM jsonb_to_recordset($1::jsonb) AS r("orderId" text, number text, "externalNumber" text, "profileId" text, version bigint)
ON CONFLICT (order_id) DO UPDATE SET
  number = excluded.number, external_number = excluded.external_number, profile_id = excluded.profile_id,
  version = excluded.version
WHERE known.version < excluded.version`
