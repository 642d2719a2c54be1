import type { JsonObject, NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import { groupBy } from '../../../platform/group-by.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { toPositionId } from '../position-id.ts'
import type { SafetyRule } from '../rules.ts'
import { termSchemas } from '../term-schemas.ts'
import type { DerivedType } from './derived-events.ts'
import { type StockEvent, stockEvents, toEntry } from './entries.ts'
import { lateFromMs, type Measure, measuresOf } from './measures.ts'
import { movementEvents } from './movement-events.ts'
import { type Signal, signalsOf, unwatched, type Watched, watch } from './watch.ts'

const mostOrders = 100

/**
 * Follows every position to tell when outside truth shrinks below what was promised, when stock is to be replenished, and when
 * a movement comes to be known late, and how true the numbers were that were believed until then. It keeps a small memory of its own: a rebuild of the read model tells nothing again.
 */
export const watchProcess: Process = {
  name: 'inventory.watch',
  types: Object.keys(stockEvents),
  async decide(transaction, recorded) {
    const events = recorded.flatMap((event) => parseEvent(stockEvents, event) ?? [])
    const byPosition = groupBy(events, ({ data }) => toPositionId(data))
    const places = [...byPosition.values()].flatMap(([first]) => (first === undefined ? [] : [placeOf(first)]))
    const [known, rules] = [await readWatched(transaction, places), await readRules(transaction)]
    const decided: NewEvent[] = []
    const written: { variantId: string; locationId: string; state: Watched }[] = []
    for (const [id, group] of byPosition) {
      const last = group.at(-1)
      if (last === undefined) continue
      const place = placeOf(last)
      const before = known.get(id) ?? null
      const { now, measures } = follow(before?.state ?? null, group)
      for (const { event, measure } of measures) {
        const { kind, ...data } = measure
        decided.push(derived(`retail.inventory.${kind}.v1`, { ...place, ...data }, event.recorded))
      }
      const here = rules.filter((rule) => concernsPlace(rule, place))
      const { signals, told } = signalsOf(before?.state ?? null, now, before?.reserved ?? 0, here)
      for (const signal of signals) {
        const orders = signal.kind === 'shortfall-detected' ? await readOrders(transaction, place) : []
        decided.push(
          derived(`retail.inventory.${signal.kind}.v1`, { ...place, ...dataOf(signal, orders) }, last.recorded),
        )
      }
      written.push({ ...place, state: told })
    }
    decided.push(...events.flatMap(revisionOf))
    if (written.length > 0) await transaction.query(upsertWatched, [JSON.stringify(written)])
    return decided
  },
}

/** A position through the events of a batch, with what each tells of the numbers before it. */
function follow(known: Watched | null, group: readonly StockEvent[]) {
  const measures: { readonly event: StockEvent; readonly measure: Measure }[] = []
  let state = known
  for (const event of group) {
    const entry = toEntry(event)
    const after: Watched = watch(state ?? unwatched, entry)
    measures.push(...measuresOf(state, after, entry).map((measure) => ({ event, measure })))
    state = after
  }
  return { now: state ?? unwatched, measures }
}

type Place = { readonly variantId: string; readonly locationId: string }

function placeOf({ data: { variantId, locationId } }: StockEvent): Place {
  return { variantId, locationId }
}

function dataOf({ kind: _, ...signal }: Signal, orders: readonly string[]): JsonObject {
  return 'units' in signal ? { ...signal, orders } : signal
}

function revisionOf(event: StockEvent): readonly NewEvent[] {
  if (!Object.hasOwn(movementEvents, event.type) || !('happenedAt' in event.data)) return []
  const { variantId, locationId, movementId, happenedAt } = event.data
  const knownAt = event.data.origin.receivedAt
  const lateMs = Date.parse(knownAt) - Date.parse(happenedAt)
  if (lateMs < lateFromMs) return []
  const { sellable } = toEntry(event)
  const data = { variantId, locationId, movementId, sellable, happenedAt, knownAt, lateMs }
  return [derived('retail.inventory.balance-revised.v1', data, event.recorded)]
}

/** @param cause whose tenant, time and correlation the conclusion shares */
export function derived(type: DerivedType, data: JsonObject, cause: RecordedEvent): NewEvent {
  const [, , tenant = ''] = cause.source.split('/')
  const [aggregate, subject] =
    'stream' in data
      ? ['ops/stream', `${data.system}:${data.stream}`]
      : ['inventory/watch', `${data.variantId}@${data.locationId}`]
  return {
    type,
    source: `/tenants/${tenant}/${aggregate}/${encodeURIComponent(subject)}`,
    subject,
    time: cause.time,
    data,
    partitionKey: subject,
    authority: 'storeloom',
    inferred: true,
    causationId: cause.id,
    ...(cause.correlationId === undefined ? {} : { correlationId: cause.correlationId }),
  }
}

async function readWatched(transaction: Transaction, places: readonly Place[]) {
  const { rows } = await transaction.query<WatchedRecord>(selectWatched, [
    places.map(({ variantId }) => variantId),
    places.map(({ locationId }) => locationId),
  ])
  return new Map(
    rows.map(({ variant_id, location_id, state, reserved }) => [
      toPositionId({ variantId: variant_id, locationId: location_id }),
      { state, reserved: Number(reserved) },
    ]),
  )
}

type WatchedRecord = {
  readonly variant_id: string
  readonly location_id: string
  readonly state: Watched | null
  readonly reserved: bigint
}

/** Rules of no channel or method, which hold for the shelf itself. */
async function readRules(transaction: Transaction): Promise<readonly SafetyRule[]> {
  const { rows } = await transaction.query<{ id: string; data: unknown }>(
    `SELECT id, data FROM inventory.terms WHERE kind = 'safety-rule' AND NOT withdrawn
       AND data->>'channelId' IS NULL AND data->>'method' IS NULL AND data->>'category' IS NULL`,
  )
  return rows.flatMap(({ id, data }) => {
    const parsed = termSchemas['safety-rule'].safeParse(data)
    return parsed.success ? [{ ...parsed.data, id }] : []
  })
}

function concernsPlace(rule: SafetyRule, { variantId, locationId }: Place): boolean {
  return (
    (rule.variantId === null || rule.variantId === variantId) &&
    (rule.locationId === null || rule.locationId === locationId)
  )
}

/** Whose units are missing: what was confirmed last is at risk first. */
async function readOrders(transaction: Transaction, { variantId, locationId }: Place): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ order_id: string }>(
    `SELECT order_id FROM inventory.reservations
     WHERE variant_id = $1 AND location_id = $2 AND confirmed > 0 AND order_id IS NOT NULL
     ORDER BY created_at DESC, id DESC LIMIT ${mostOrders}`,
    [variantId, locationId],
  )
  return [...new Set(rows.map(({ order_id }) => order_id))]
}

/** Confirmed units that the source does not count as committed yet are promised as well; what is only held may still run out. */
const selectWatched = `
SELECT touched.variant_id, touched.location_id, watched.state,
  (SELECT coalesce(sum(confirmed), 0)::bigint FROM inventory.reservation_totals totals
   WHERE totals.variant_id = touched.variant_id AND totals.location_id = touched.location_id) AS reserved
FROM unnest($1::text[], $2::text[]) AS touched (variant_id, location_id)
LEFT JOIN inventory.watched_positions watched USING (variant_id, location_id)`

const upsertWatched = `
INSERT INTO inventory.watched_positions AS known (variant_id, location_id, state)
SELECT "variantId", "locationId", state FROM jsonb_to_recordset($1::jsonb) AS r("variantId" text, "locationId" text, state jsonb)
ON CONFLICT (variant_id, location_id) DO UPDATE SET state = excluded.state`
