import { lockCheckpoint, readCheckpoints } from '../../../platform/event-log/checkpoint.ts'
import type { EventLog } from '../../../platform/event-log/event-log.ts'
import type { Database, Queryable, Transaction } from '../../../platform/sql/database.ts'
import type { Quota, Sold } from '../quota.ts'
import { termsProjection } from '../terms-model.ts'
import type { Change } from './command.ts'
import { issuedUnits } from './section-state.ts'

/** One entry per quota, in order; asks for nothing where there is none. */
export async function readSold(queryable: Queryable, quotas: readonly Quota[]): Promise<readonly Sold[]> {
  if (quotas.length === 0) return []
  const kits = quotas.filter(({ isKit }) => isKit === true)
  const others = kits.length === 0 ? quotas : quotas.filter(({ isKit }) => isKit !== true)
  const [ofKits, ofOthers] = await Promise.all([
    readUnits(queryable, 'select units from inventory.read_kits_taken($1, $2, $3)', kits),
    readUnits(queryable, 'select units from inventory.read_sold($1, $2, $3)', others),
  ])
  let [kit, other] = [0, 0]
  return quotas.map((quota) => ({ ...quota, units: (quota.isKit === true ? ofKits[kit++] : ofOthers[other++]) ?? 0 }))
}

async function readUnits(queryable: Queryable, text: string, quotas: readonly Quota[]): Promise<readonly number[]> {
  if (quotas.length === 0) return []
  const { rows } = await queryable.query<{ units: number }>(text, [
    quotas.map(({ variantId }) => variantId),
    quotas.map(({ channelId }) => channelId),
    quotas.map(({ since }) => (since === '' ? '-infinity' : since)),
  ])
  return rows.map(({ units }) => units)
}

/** Writes which units left for their channels, and which came back after the source had committed them. */
export async function writeChannelIssues(
  transaction: Transaction,
  changes: readonly Change[],
  now: Date,
): Promise<void> {
  const left: Left[] = []
  const returned = new Map<string, number>()
  for (const change of changes) {
    const { id: reservationId, variantId, channelId, kit } = change.after
    const units = issuedUnits(change)
    if (units > 0) {
      const occurredAt = change.occurredAt ?? now.toISOString()
      const one = { reservationId, variantId, channelId, occurredAt, units }
      left.push(kit === undefined ? one : { ...one, kitId: kit.kitId, kitUnits: kit.units })
    }
    const back = takeBack(left, reservationId, returnedUnits(change))
    if (back > 0) returned.set(reservationId, (returned.get(reservationId) ?? 0) + back)
  }
  const writes: Promise<unknown>[] = []
  if (returned.size > 0) {
    const rows = [...returned].map(([reservationId, units]) => ({ reservationId, units }))
    writes.push(transaction.query(returnText, [JSON.stringify(rows)]))
  }
  const gone = left.filter(({ units }) => units > 0)
  if (gone.length > 0) writes.push(transaction.query(insertText, [JSON.stringify(gone)]))
  await Promise.all(writes)
}

type Left = {
  readonly reservationId: string
  readonly variantId: string
  readonly channelId: string
  readonly occurredAt: string
  readonly kitId?: string
  readonly kitUnits?: number
  units: number
}

/** The newest first. @returns units that left before these did */
function takeBack(left: readonly Left[], reservationId: string, units: number): number {
  let open = units
  for (const one of open === 0 ? [] : left.toReversed()) {
    if (one.reservationId !== reservationId) continue
    const taken = Math.min(one.units, open)
    one.units -= taken
    open -= taken
  }
  return open
}

/** Units the source had committed and does so no more: given back, or owed by another place. */
function returnedUnits({ before, after }: Change): number {
  if (before === null) return 0
  return Math.max(0, before.allocated + before.consumed - after.allocated - after.consumed)
}

/** The newest first: what a quota counts already is what comes back to it. */
const returnText = `
WITH known AS (
  SELECT issue.reservation_id, issue.id, issue.units, returned.units AS back,
    sum(issue.units) OVER (PARTITION BY issue.reservation_id ORDER BY issue.id DESC) - issue.units AS newer
  FROM jsonb_to_recordset($1::jsonb) AS returned("reservationId" text, units integer)
  JOIN inventory.channel_issues AS issue ON issue.reservation_id = returned."reservationId"
)
UPDATE inventory.channel_issues AS issue SET units = issue.units - least(known.units, known.back - known.newer)
FROM known WHERE issue.reservation_id = known.reservation_id AND issue.id = known.id AND known.newer < known.back`

const insertText = `
INSERT INTO inventory.channel_issues (reservation_id, variant_id, channel_id, occurred_at, units, kit_id, kit_units)
SELECT "reservationId", "variantId", "channelId", "occurredAt", units, "kitId", "kitUnits" FROM jsonb_to_recordset($1::jsonb) AS r(
  "reservationId" text, "variantId" text, "channelId" text, "occurredAt" timestamptz, units integer, "kitId" text, "kitUnits" integer)`

/** So long before it was heard of may a new quota say how much of it was sold. */
const keptHours = 24

/**
 * Removes up to `limit` issues that no quota counts, or may yet. Nothing while a word about rules is still to be read: none may be
 * known for a moment.
 * @returns how many
 */
export async function removeIdleIssues(
  { database, eventLog }: { readonly database: Database; readonly eventLog: EventLog },
  limit: number,
): Promise<number> {
  const { name, types } = termsProjection
  return await database.transaction(async (transaction) => {
    await lockCheckpoint(transaction, name)
    const checkpoint = (await readCheckpoints(transaction, [name])).get(name)
    if (checkpoint === undefined) return 0
    const { events } = await eventLog.read({ after: checkpoint.position, types, limit: 1 })
    if (events.length > 0) return 0
    const { rowCount } = await transaction.query(removeText, [limit])
    return rowCount
  })
}

const removeText = `
WITH quotas AS (
  SELECT variant_id, data->>'channelId' AS channel_id, min(coalesce((data->>'consumedAt')::timestamptz, '-infinity')) AS since
  FROM inventory.terms
  WHERE kind = 'channel-allocation' AND NOT withdrawn AND data->>'mode' = 'RING_FENCED'
    AND coalesce((data->>'validTo')::timestamptz, 'infinity') > clock_timestamp()
  GROUP BY 1, 2
)
DELETE FROM inventory.channel_issues WHERE (reservation_id, id) IN (
  SELECT issue.reservation_id, issue.id FROM inventory.channel_issues AS issue
  LEFT JOIN quotas AS own ON own.variant_id = issue.variant_id AND own.channel_id = issue.channel_id
  LEFT JOIN quotas AS kit ON kit.variant_id = issue.kit_id AND kit.channel_id = issue.channel_id
  LEFT JOIN quotas AS every ON every.variant_id IS NULL AND every.channel_id = issue.channel_id
  WHERE issue.units = 0 OR (issue.occurred_at < clock_timestamp() - interval '${keptHours} hours'
    AND issue.occurred_at <= least(coalesce(own.since, 'infinity'), coalesce(kit.since, 'infinity'), coalesce(every.since, 'infinity')))
  LIMIT $1)`
