import type { NewEvent, RecordedEvent } from '../../../platform/event-log/event-log.ts'
import type { Process } from '../../../platform/event-log/projection.ts'
import { groupBy } from '../../../platform/group-by.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import { toMovementEvent } from '../ledger/told-movement.ts'
import { type Move, noReturnStock, type ReturnStock, type Snapshot, settleReturnStock } from './return-stock.ts'
import { returnWordTypes, type StockWord, wordsOf } from './return-words.ts'

type Place = { readonly returnId: string; readonly variantId: string; readonly locationId: string }
type Heard = StockWord & { readonly recorded: RecordedEvent }

/**
 * Puts units that came back on hold where they came in, and where their disposition says, by movements in that position's ledger: once
 * each, whether the return or the location's own system tells of them, in one transaction with the process's checkpoint.
 */
export const returnStockProcess: Process = {
  name: 'inventory.returns',
  types: returnWordTypes,
  async decide(transaction, recorded) {
    const heard = recorded.flatMap((event) => wordsOf(event).map((word) => ({ ...word, recorded: event })))
    const decided: NewEvent[] = []
    for (const [tenant, words] of groupBy(heard, ({ recorded: { source } }) => source.split('/')[2] ?? '')) {
      await writeNames(
        transaction,
        tenant,
        words.flatMap((word) => (word.kind === 'names' ? [word] : [])),
      )
      decided.push(
        ...(await settle(
          transaction,
          tenant,
          words.flatMap((word) => (word.kind === 'stock' ? [word] : [])),
        )),
      )
    }
    return decided
  },
}

async function settle(transaction: Transaction, tenant: string, words: readonly Heard[]): Promise<readonly NewEvent[]> {
  const returnOf = await readNames(transaction, tenant, [...new Set(words.map(({ name }) => name))])
  const meant = words.flatMap((word) => {
    const returnId = returnOf.get(word.name)
    return returnId === undefined ? [] : [{ ...word, returnId }]
  })
  if (meant.length === 0) return []
  const known = await readStock(transaction, [...new Set(meant.map(({ returnId }) => returnId))])
  const positionOf = await readPositions(transaction, meant)
  const events: NewEvent[] = []
  for (const word of meant) {
    const { system, snapshot } = positionOf(word)
    const { after, moves } = settleReturnStock(word.add(known.get(keyOf(word)) ?? noReturnStock, snapshot))
    known.set(keyOf(word), after)
    events.push(...moves.map((move) => toEvent(tenant, word, move, system, word.recorded)))
  }
  const touched = new Map(
    meant.map(({ returnId, variantId, locationId }) => {
      const place = { returnId, variantId, locationId }
      return [keyOf(place), { ...place, body: known.get(keyOf(place)) }] as const
    }),
  )
  await transaction.query(upsertStock, [JSON.stringify([...touched.values()])])
  return events
}

function toEvent(tenant: string, place: Place, move: Move, system: string, cause: RecordedEvent): NewEvent {
  const { returnId, variantId, locationId } = place
  const { id, from, to, units, at } = move
  const reversal = units < 0
  const [bucketFrom, bucketTo] = reversal ? [to, from] : [from, to]
  const event = toMovementEvent(
    { tenant, authority: 'storeloom', correlationId: cause.correlationId ?? 'none', receivedAt: cause.recordedTime },
    {
      ...{ variantId, locationId, bucketFrom, bucketTo, quantity: Math.abs(units), transferId: null },
      ...{ kind: from === null ? 'RETURN_RECEIPT' : 'DISPOSITION', documentRef: returnId, happenedAt: at },
      reason: reversal ? 'told by the location itself' : null,
    },
    id,
    system,
  )
  return { ...event, data: { ...event.data, reversal }, causationId: cause.id }
}

function keyOf({ returnId, variantId, locationId }: Place): string {
  return `${returnId} ${variantId} ${locationId}`
}

async function writeNames(
  transaction: Transaction,
  tenant: string,
  named: readonly { readonly returnId: string; readonly names: readonly string[] }[],
): Promise<void> {
  const rows = named.flatMap(({ returnId, names }) => names.map((name) => ({ tenant, name, returnId })))
  if (rows.length > 0) await transaction.query(insertNames, [JSON.stringify(rows)])
}

async function readNames(
  transaction: Transaction,
  tenant: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map()
  const { rows } = await transaction.query<{ name: string; return_id: string }>(
    'SELECT name, return_id FROM inventory.return_names WHERE tenant = $1 AND name = ANY($2::text[])',
    [tenant, names],
  )
  return new Map(rows.map(({ name, return_id }) => [name, return_id]))
}

async function readStock(transaction: Transaction, returnIds: readonly string[]): Promise<Map<string, ReturnStock>> {
  const { rows } = await transaction.query<Place & { readonly body: ReturnStock }>(
    `SELECT return_id AS "returnId", variant_id AS "variantId", location_id AS "locationId", body
     FROM inventory.return_stock WHERE return_id = ANY($1::text[])`,
    [returnIds],
  )
  return new Map(rows.map(({ body, ...place }) => [keyOf(place), body]))
}

/**
 * Who counts a position, for what is told of it speaks for that system; of a new one, who counts others at the location. And what that
 * system last said of it as a whole.
 */
async function readPositions(
  transaction: Transaction,
  places: readonly Place[],
): Promise<(place: Place) => { readonly system: string; readonly snapshot: Snapshot | null }> {
  const { rows } = await transaction.query<PositionRecord>(
    `SELECT asked.variant_id, asked.location_id, snapshot.happened_at, snapshot.return_hold, coalesce(position.system,
       (SELECT min(system) FROM inventory.location_feeds feed WHERE feed.location_id = asked.location_id)) AS system
     FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) AS given (variant_id, location_id)) AS asked
     LEFT JOIN inventory.positions AS position USING (variant_id, location_id)
     LEFT JOIN LATERAL (
       SELECT happened_at, return_hold FROM inventory.stock_entries entry
       WHERE entry.variant_id = asked.variant_id AND entry.location_id = asked.location_id AND entry.kind = 'SNAPSHOT'
       ORDER BY happened_at DESC LIMIT 1) AS snapshot ON true`,
    [places.map(({ variantId }) => variantId), places.map(({ locationId }) => locationId)],
  )
  const found = new Map(rows.map((row) => [`${row.variant_id} ${row.location_id}`, row]))
  return ({ variantId, locationId }) => {
    const { system = null, happened_at = null, return_hold = null } = found.get(`${variantId} ${locationId}`) ?? {}
    const snapshot = happened_at === null ? null : { at: happened_at.toISOString(), returnHold: return_hold ?? 0 }
    return { system: system ?? 'storeloom', snapshot }
  }
}

type PositionRecord = {
  readonly variant_id: string
  readonly location_id: string
  readonly system: string | null
  readonly happened_at: Date | null
  readonly return_hold: number | null
}

const insertNames = `
INSERT INTO inventory.return_names (tenant, name, return_id)
SELECT tenant, name, "returnId" FROM jsonb_to_recordset($1::jsonb) AS r(tenant text, name text, "returnId" text)
ON CONFLICT DO NOTHING`

const upsertStock = `
INSERT INTO inventory.return_stock (return_id, variant_id, location_id, body)
SELECT "returnId", "variantId", "locationId", body
FROM jsonb_to_recordset($1::jsonb) AS r("returnId" text, "variantId" text, "locationId" text, body jsonb)
ON CONFLICT (return_id, variant_id, location_id) DO UPDATE SET body = excluded.body`
