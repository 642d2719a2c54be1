import type { JsonObject, NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import { parseEvent } from '../../../platform/event-log/event-schema.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { type PositionKey, toPositionId } from '../position-id.ts'
import { reservationTypes } from '../reservations/reservation-events.ts'
import { derived } from './derived-events.ts'
import { type StockEvent, stockEvents, toEntry } from './entries.ts'
import { lateFromMs, type Measure, measuresOf } from './measures.ts'
import { movementEvents } from './movement-events.ts'
import { promiseChangesOf } from './promise-changes.ts'
import { readShelfRules } from './shelf-rules.ts'
import { componentRules, touchedKits } from './touched-kits.ts'
import { type Signal, signalsOf, unwatched, type Watched, watch } from './watch.ts'

const mostOrders = 100

/**
 * Follows every position, by what is counted and moved there and what orders are promised of it, to tell when units are missing that
 * were promised, when stock is to be replenished, and when a movement comes to be known late, and how true the numbers were that were
 * believed until then, and which kits that may change. It keeps a small memory of its own: a rebuild of the read model tells nothing again.
 */
export const watchProcess: Process = {
  name: 'inventory.watch',
  types: [...Object.keys(stockEvents), ...reservationTypes, ...componentRules],
  async decide(transaction, recorded) {
    const kits = await touchedKits(transaction, recorded)
    const { touched, left } = touchedBy(recorded)
    // A flash sale only holds: of that no position is read.
    if (touched.size === 0) return kits
    for (const [cause, place] of await readLeft(transaction, left)) touch(touched, place, cause)
    const known = await readWatched(transaction, touched)
    const followed = [...touched].flatMap(([id, { place, stock, cause }]) => {
      const before = known.get(id) ?? null
      // Nothing is short of what no source has spoken of yet.
      return before === null && stock.length === 0 ? [] : [{ id, place, cause, before, ...follow(before, stock) }]
    })
    const reserved = await readReserved(transaction, followed)
    const rulesAt = await readShelfRules(
      transaction,
      followed.map(({ place }) => place),
    )
    const decided: NewEvent[] = [...kits]
    const written: (PositionKey & { readonly state: Watched })[] = []
    for (const { id, place, cause, before, now, measures } of followed) {
      for (const { event, measure } of measures) {
        const { kind, ...data } = measure
        decided.push(derived(`retail.inventory.${kind}.v1`, { ...place, ...data }, event.recorded))
      }
      const here = rulesAt(place, Date.parse(cause.recordedTime))
      const { signals, told } = signalsOf(before, now, reserved.get(id) ?? 0, here)
      for (const signal of signals) {
        const orders = signal.kind === 'shortfall-detected' ? await readOrders(transaction, place) : []
        decided.push(derived(`retail.inventory.${signal.kind}.v1`, { ...place, ...dataOf(signal, orders) }, cause))
      }
      if (told !== before) written.push({ ...place, state: told })
    }
    for (const { stock } of touched.values()) decided.push(...stock.flatMap(revisionOf))
    if (written.length > 0) await transaction.query(upsertWatched, [JSON.stringify(written)])
    return decided
  },
}

/** What a batch says of a position. */
type Touched = {
  readonly place: PositionKey
  readonly stock: StockEvent[]
  /** The last event that touched it. */
  cause: RecordedEvent
}

/** By position; `left`: variants of which units were moved, with the last event that tells so. */
function touchedBy(recorded: readonly RecordedEvent[]) {
  const touched = new Map<string, Touched>()
  const left = new Map<string, RecordedEvent>()
  for (const event of recorded) {
    const stock = parseEvent(stockEvents, event)
    if (stock !== null) touch(touched, stock.data, event).stock.push(stock)
    for (const { variantId, locationId, moved } of promiseChangesOf(event)) {
      if (locationId !== null) touch(touched, { variantId, locationId }, event)
      if (moved) left.set(variantId, event)
    }
  }
  return { touched, left }
}

function touch(touched: Map<string, Touched>, { variantId, locationId }: PositionKey, cause: RecordedEvent): Touched {
  const id = toPositionId({ variantId, locationId })
  const known = touched.get(id) ?? { place: { variantId, locationId }, stock: [], cause }
  known.cause = cause
  touched.set(id, known)
  return known
}

/** A position through the events of a batch, with what each tells of the numbers before it. */
function follow(known: Watched | null, stock: readonly StockEvent[]) {
  const measures: { readonly event: StockEvent; readonly measure: Measure }[] = []
  let state = known
  for (const event of stock) {
    const entry = toEntry(event)
    const after: Watched = watch(state ?? unwatched, entry)
    measures.push(...measuresOf(state, after, entry).map((measure) => ({ event, measure })))
    state = after
  }
  return { now: state ?? unwatched, measures }
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

/** An event does not say where units were before: where something was told that they may make good, they may have been. */
async function readLeft(
  transaction: Transaction,
  left: ReadonlyMap<string, RecordedEvent>,
): Promise<readonly (readonly [RecordedEvent, PositionKey])[]> {
  if (left.size === 0) return []
  const { rows } = await transaction.query<PositionRecord>(
    `SELECT variant_id, location_id FROM inventory.watched_positions WHERE variant_id = ANY($1)
       AND (state->>'short' <> '0' OR state->>'belowReorder' = 'true' OR state->>'belowSafety' = 'true')`,
    [[...left.keys()]],
  )
  return rows.flatMap(({ variant_id: variantId, location_id: locationId }) => {
    const cause = left.get(variantId)
    return cause === undefined ? [] : [[cause, { variantId, locationId }] as const]
  })
}

type PositionRecord = { readonly variant_id: string; readonly location_id: string }

async function readWatched(
  transaction: Transaction,
  touched: ReadonlyMap<string, Touched>,
): Promise<ReadonlyMap<string, Watched>> {
  const places = [...touched.values()].map(({ place }) => place)
  const { rows } = await transaction.query<PositionRecord & { readonly state: Watched }>(
    `SELECT variant_id, location_id, state FROM inventory.watched_positions
     JOIN unnest($1::text[], $2::text[]) AS touched (variant_id, location_id) USING (variant_id, location_id)`,
    [places.map(({ variantId }) => variantId), places.map(({ locationId }) => locationId)],
  )
  // One of an earlier release remembers less.
  return new Map(rows.map((row) => [idOf(row), { ...unwatched, ...row.state }]))
}

function idOf({ variant_id: variantId, location_id: locationId }: PositionRecord): string {
  return toPositionId({ variantId, locationId })
}

/** As of now, so perhaps of events that are yet to come: each of them is decided on again. */
async function readReserved(
  transaction: Transaction,
  followed: readonly { readonly place: PositionKey; readonly now: Watched }[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await transaction.query<PositionRecord & { readonly reserved: bigint }>(selectReserved, [
    followed.map(({ place }) => place.variantId),
    followed.map(({ place }) => place.locationId),
    followed.map(({ now }) => (now.countedAt === '' ? null : now.countedAt)),
  ])
  return new Map(rows.map((row) => [idOf(row), Number(row.reserved)]))
}

/** Whose units are missing: what was confirmed last is at risk first. */
async function readOrders(
  transaction: Transaction,
  { variantId, locationId }: PositionKey,
): Promise<readonly string[]> {
  const { rows } = await transaction.query<{ order_id: string }>(
    `SELECT order_id FROM inventory.reservations
     WHERE variant_id = $1 AND location_id = $2 AND confirmed > 0 AND order_id IS NOT NULL
     ORDER BY created_at DESC, id DESC LIMIT ${mostOrders}`,
    [variantId, locationId],
  )
  return [...new Set(rows.map(({ order_id }) => order_id))]
}

/**
 * Confirmed units that the source does not count as committed yet are promised as well, and those that have left since it last
 * spoke are still in its numbers; what is only held may run out.
 */
const selectReserved = `
SELECT variant_id, location_id,
  (SELECT coalesce(sum(confirmed), 0) FROM inventory.reservation_totals total
   WHERE total.variant_id = followed.variant_id AND total.location_id = followed.location_id)::bigint
  + (SELECT coalesce(sum(quantity), 0) FROM inventory.reservation_issues issue
   WHERE issue.variant_id = followed.variant_id AND issue.location_id = followed.location_id
     AND issue.occurred_at > coalesce(counted_at, '-infinity'))::bigint AS reserved
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS followed (variant_id, location_id, counted_at)`

const upsertWatched = `
INSERT INTO inventory.watched_positions AS known (variant_id, location_id, state)
SELECT "variantId", "locationId", state FROM jsonb_to_recordset($1::jsonb) AS r("variantId" text, "locationId" text, state jsonb)
ON CONFLICT (variant_id, location_id) DO UPDATE SET state = excluded.state`
