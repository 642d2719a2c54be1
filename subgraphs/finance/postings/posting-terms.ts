import { type EventOf, newestBySource } from '../../../platform/event-log/event-schema.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import type { Rate } from './posting.ts'
import type { termEvents } from './posting-events.ts'
import type { Known, SaleCost } from './posting-rules.ts'

export type TermEvent = EventOf<typeof termEvents>

/** Keeps what finance systems told; of each thing the newest word. */
export async function writeTerms(
  transaction: Transaction,
  tenant: string,
  events: readonly TermEvent[],
): Promise<void> {
  const [entities, rates, costs]: [object[], object[], object[]] = [[], [], []]
  for (const { type, data, recorded } of newestBySource(events)) {
    const common = { tenant, version: recorded.sequence }
    if (type === 'retail.finance.entity-changed.v1')
      entities.push({ ...common, ...data, currency: data.currency ?? '' })
    else if (type === 'retail.finance.rate-changed.v1') {
      const { rateId, rate } = data
      rates.push({ ...common, rateId, withdrawn: rate === null, ...(rate ?? withdrawnRate) })
    } else {
      const { orderId, ...body } = data
      costs.push({ ...common, orderId, body })
    }
  }
  const write = async (text: string, rows: readonly object[]) => {
    if (rows.length > 0) await transaction.query(text, [JSON.stringify(rows)])
  }
  await write(upsertEntities, entities)
  await write(upsertRates, rates)
  await write(upsertCosts, costs)
}

const withdrawnRate = { base: '', quote: '', rate: '0', validFrom: '1970-01-01T00:00:00Z', validTo: null }

export type Terms = {
  costOf(orderId: string): SaleCost | null
  readonly entityCurrencyOf: Known['entityCurrencyOf']
  rateBetween(from: string, to: string, at: string): Rate | null
}

/** @param asked the orders, and the moments from the earliest of which on rates are asked for */
export async function readTerms(
  transaction: Transaction,
  tenant: string,
  asked: { readonly orderIds: readonly string[]; readonly ats: readonly string[] },
): Promise<Terms> {
  const [earliest = '', latest = earliest] = [asked.ats.toSorted()[0], asked.ats.toSorted().at(-1)]
  const [costs, entities, rates] = await Promise.all([
    transaction.query<{ order_id: string; body: SaleCost }>(
      'SELECT order_id, body FROM finance.sale_costs WHERE tenant = $1 AND order_id = ANY($2::text[])',
      [tenant, asked.orderIds],
    ),
    transaction.query<{ currency: string; countries: readonly string[] }>(
      'SELECT currency, countries FROM finance.legal_entities WHERE tenant = $1 ORDER BY id',
      [tenant],
    ),
    transaction.query<{ base: string; quote: string; rate: string; valid_from: Date; valid_to: Date | null }>(
      `SELECT base, quote, rate, valid_from, valid_to FROM finance.exchange_rates
       WHERE tenant = $1 AND NOT withdrawn AND valid_from <= $3::timestamptz
         AND (valid_to IS NULL OR valid_to > $2::timestamptz) ORDER BY valid_from DESC, id LIMIT 10000`,
      [tenant, earliest === '' ? null : earliest, latest === '' ? null : latest],
    ),
  ])
  const known = new Map(costs.rows.map(({ order_id, body }) => [order_id, body]))
  return {
    costOf: (orderId) => known.get(orderId) ?? null,
    entityCurrencyOf: (country) =>
      country === null ? null : (entities.rows.find(({ countries }) => countries.includes(country))?.currency ?? null),
    rateBetween(from, to, at) {
      const moment = Date.parse(at)
      const found = rates.rows.find(
        ({ base, quote, valid_from, valid_to }) =>
          ((base === from && quote === to) || (base === to && quote === from)) &&
          valid_from.getTime() <= moment &&
          (valid_to === null || valid_to.getTime() > moment),
      )
      if (found === undefined) return null
      const { base, quote, rate, valid_from } = found
      return { base, quote, rate, validFrom: valid_from.toISOString() }
    },
  }
}

const upsertEntities = `
INSERT INTO finance.legal_entities AS known (tenant, id, currency, countries, version)
SELECT tenant, "entityId", currency, array(SELECT jsonb_array_elements_text(countries)), version
FROM jsonb_to_recordset($1::jsonb) AS r(tenant text, "entityId" text, currency text, countries jsonb, version bigint)
ON CONFLICT (tenant, id) DO UPDATE SET currency = excluded.currency, countries = excluded.countries, version = excluded.version
WHERE known.version < excluded.version`

const upsertRates = `
INSERT INTO finance.exchange_rates AS known (tenant, id, base, quote, rate, valid_from, valid_to, withdrawn, version)
SELECT tenant, "rateId", base, quote, rate, "validFrom", "validTo", withdrawn, version
FROM jsonb_to_recordset($1::jsonb) AS r(tenant text, "rateId" text, base text, quote text, rate text, "validFrom" timestamptz,
  "validTo" timestamptz, withdrawn boolean, version bigint)
ON CONFLICT (tenant, id) DO UPDATE SET base = excluded.base, quote = excluded.quote, rate = excluded.rate,
  valid_from = excluded.valid_from, valid_to = excluded.valid_to, withdrawn = excluded.withdrawn, version = excluded.version
WHERE known.version < excluded.version`

const upsertCosts = `
INSERT INTO finance.sale_costs AS known (tenant, order_id, body, version)
SELECT tenant, "orderId", body, version
FROM jsonb_to_recordset($1::jsonb) AS r(tenant text, "orderId" text, body jsonb, version bigint)
ON CONFLICT (tenant, order_id) DO UPDATE SET body = excluded.body, version = excluded.version
WHERE known.version < excluded.version`
