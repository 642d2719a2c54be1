import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import type { KeptPosting, PostingNeed, PostingStage } from './posting.ts'
import type { Books } from './posting-events.ts'

/** What waits for something that was just told: costs by order, rates and entities whatever they are of. */
export async function readWaiting(
  transaction: Transaction,
  tenant: string,
  told: { readonly orderIds: readonly string[]; readonly needs: readonly PostingNeed[] },
): Promise<readonly KeptPosting[]> {
  if (told.orderIds.length === 0 && told.needs.length === 0) return []
  const { rows } = await transaction.query<{ body: KeptPosting }>(
    `SELECT body FROM finance.postings WHERE tenant = $1 AND waits_for <> '{}'
       AND (order_id = ANY($2::text[]) OR waits_for && $3::text[]) ORDER BY id`,
    [tenant, told.orderIds, told.needs],
  )
  return rows.map(({ body }) => body)
}

export async function readPostings(
  queryable: Queryable,
  tenant: string,
  ids: readonly string[],
): Promise<readonly KeptPosting[]> {
  if (ids.length === 0) return []
  const { rows } = await queryable.query<{ body: KeptPosting }>(
    'SELECT body FROM finance.postings WHERE tenant = $1 AND id = ANY($2::text[])',
    [tenant, ids],
  )
  return rows.map(({ body }) => body)
}

/** Those of which there is something to post, oldest first. */
export async function readPostingsOfReturns(
  queryable: Queryable,
  tenant: string,
  returnIds: readonly string[],
): Promise<readonly KeptPosting[]> {
  const { rows } = await queryable.query<{ body: KeptPosting }>(
    `SELECT body FROM finance.postings WHERE tenant = $1 AND return_id = ANY($2::text[]) AND stage IS NOT NULL
     ORDER BY at, id`,
    [tenant, returnIds],
  )
  return rows.map(({ body }) => body)
}

export async function readOpenPostings(
  queryable: Queryable,
  tenant: string,
  stages: readonly PostingStage[],
  limit: number,
): Promise<readonly KeptPosting[]> {
  const { rows } = await queryable.query<{ body: KeptPosting }>(
    `SELECT body FROM finance.postings WHERE tenant = $1 AND stage IN ('WAITING', 'PENDING', 'REJECTED')
       AND stage = ANY($2::text[]) ORDER BY at, id LIMIT $3`,
    [tenant, stages, limit],
  )
  return rows.map(({ body }) => body)
}

export async function writePostings(transaction: Transaction, postings: readonly KeptPosting[]): Promise<void> {
  if (postings.length === 0) return
  const rows = postings.map((body) => ({ ...body, body }))
  await transaction.query(upsertPostings, [JSON.stringify(rows)])
}

export async function readBooks(
  transaction: Transaction,
  tenant: string,
  returnIds: readonly string[],
): Promise<ReadonlyMap<string, Books>> {
  const { rows } = await transaction.query<Books>(
    `SELECT tenant, return_id AS "returnId", order_id AS "orderId", currency, version, stage, refunds
     FROM finance.return_books WHERE tenant = $1 AND return_id = ANY($2::text[])`,
    [tenant, returnIds],
  )
  return new Map(rows.map((row) => [row.returnId, row]))
}

export async function writeBooks(transaction: Transaction, books: readonly Books[]): Promise<void> {
  if (books.length > 0) await transaction.query(upsertBooks, [JSON.stringify(books)])
}

const upsertPostings = `
INSERT INTO finance.postings (id, tenant, return_id, order_id, stage, waits_for, at, body)
SELECT id, tenant, "returnId", "orderId", stage, array(SELECT jsonb_array_elements_text("waitsFor")), at, body
FROM jsonb_to_recordset($1::jsonb) AS r(
  id text, tenant text, "returnId" text, "orderId" text, stage text, "waitsFor" jsonb, at timestamptz, body jsonb)
ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, waits_for = excluded.waits_for, body = excluded.body`

const upsertBooks = `
INSERT INTO finance.return_books (tenant, return_id, order_id, currency, version, stage, refunds)
SELECT tenant, "returnId", "orderId", currency, version, stage, refunds
FROM jsonb_to_recordset($1::jsonb) AS r(
  tenant text, "returnId" text, "orderId" text, currency text, version integer, stage text, refunds jsonb)
ON CONFLICT (tenant, return_id) DO UPDATE SET version = excluded.version, stage = excluded.stage, refunds = excluded.refunds`
