import type { Queryable } from '../../platform/sql/database.ts'
import { inOrder, type Origin, type OriginRecord, perOrder, toOrigin } from './reads.ts'
import type { PostingStatus } from './state-machines.ts'

export type JournalEntryRow = Origin & {
  readonly id: string
  readonly orderId: string
  readonly number: string
  readonly rule: string
  readonly documentRef: string | null
  readonly currency: string
  readonly amountMinor: string
  readonly status: PostingStatus
  readonly reason: string | null
  readonly createdAt: string
  readonly postedAt: string | null
}

/** One entry per id, in order; null where nothing is known. */
export async function readJournalEntries(
  database: Queryable,
  ids: readonly string[],
): Promise<readonly (JournalEntryRow | null)[]> {
  const { rows } = await database.query<JournalRecord>(`${selectJournal} WHERE id = ANY($1)`, [ids])
  return inOrder(ids, rows.map(toJournalEntry))
}

/** One list per order, in order, each oldest first. */
export async function readJournalEntriesOfOrders(
  database: Queryable,
  orderIds: readonly string[],
): Promise<readonly (readonly JournalEntryRow[])[]> {
  const text = `${selectJournal} WHERE order_id = ANY($1) ORDER BY created_at, id`
  const { rows } = await database.query<JournalRecord>(text, [orderIds])
  return perOrder(orderIds, rows.map(toJournalEntry))
}

const selectJournal = `SELECT id, order_id, number, rule, document_ref, currency, amount_minor, state, reason, created_at, posted_at,
 system, occurred_at, received_at FROM finance.journal_entries`

type JournalRecord = OriginRecord &
  Pick<JournalEntryRow, 'id' | 'number' | 'rule' | 'currency' | 'reason'> & {
    order_id: string
    document_ref: string | null
    amount_minor: bigint
    state: PostingStatus
    created_at: Date
    posted_at: Date | null
  }

function toJournalEntry(row: JournalRecord): JournalEntryRow {
  const { id, number, rule, currency, reason } = row
  return {
    ...{ id, number, rule, currency, reason },
    orderId: row.order_id,
    documentRef: row.document_ref,
    amountMinor: row.amount_minor.toString(),
    status: row.state,
    createdAt: row.created_at.toISOString(),
    postedAt: row.posted_at?.toISOString() ?? null,
    ...toOrigin(row),
  }
}
