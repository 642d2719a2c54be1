import { groupBy } from '../../../platform/group-by.ts'
import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import { type KeptEditRequest, openSinceOf } from './edit-request.ts'

/** More than anybody asks of an order; what is older stays in the event log. */
export const mostEditRequests = 100

/** @returns whether it was kept: of an order whose edit is still open no other one is */
export async function insertEdit(transaction: Transaction, tenant: string, edit: KeptEditRequest): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `INSERT INTO orders.edit_requests (id, tenant, order_id, open_since, body) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (tenant, order_id) WHERE open_since IS NOT NULL DO NOTHING`,
    [edit.id, tenant, edit.orderId, openSinceOf(edit), JSON.stringify(edit)],
  )
  return rowCount === 1
}

/** Those of orders that are still open, locked to the end of the transaction. By order. */
export async function lockOpenEdits(
  transaction: Transaction,
  tenant: string,
  orderIds: readonly string[],
): Promise<ReadonlyMap<string, KeptEditRequest>> {
  const { rows } = await transaction.query<EditRecord>(
    `SELECT body FROM orders.edit_requests WHERE tenant = $1 AND order_id = ANY($2::text[]) AND open_since IS NOT NULL
     ORDER BY id FOR UPDATE`,
    [tenant, orderIds],
  )
  return new Map(rows.map(({ body }) => [body.orderId, body]))
}

export async function writeEdits(transaction: Transaction, edits: readonly KeptEditRequest[]): Promise<void> {
  if (edits.length === 0) return
  const rows = edits.map((body) => ({ id: body.id, openSince: openSinceOf(body), body }))
  await transaction.query(
    `UPDATE orders.edit_requests AS known SET open_since = r."openSince", body = r.body
     FROM jsonb_to_recordset($1::jsonb) AS r(id text, "openSince" timestamptz, body jsonb) WHERE known.id = r.id`,
    [JSON.stringify(rows)],
  )
}

/** One entry per id, in order; null: there is none of the tenant. */
export async function readEditRequests(
  queryable: Queryable,
  tenant: string,
  ids: readonly string[],
): Promise<readonly (KeptEditRequest | null)[]> {
  const { rows } = await queryable.query<EditRecord>(
    'SELECT body FROM orders.edit_requests WHERE id = ANY($1::text[]) AND tenant = $2',
    [ids, tenant],
  )
  const known = new Map(rows.map(({ body }) => [body.id, body]))
  return ids.map((id) => known.get(id) ?? null)
}

/** The newest of each order, newest first. @returns one list per order, in order */
export async function readEditsOf(
  queryable: Queryable,
  tenant: string,
  orderIds: readonly string[],
  limit: number,
): Promise<readonly (readonly KeptEditRequest[])[]> {
  const { rows } = await queryable.query<EditRecord>(
    `SELECT e.body FROM unnest($1::text[]) AS o(id) CROSS JOIN LATERAL (
       SELECT id, body FROM orders.edit_requests WHERE order_id = o.id AND tenant = $2 ORDER BY id DESC LIMIT $3) e ORDER BY e.id DESC`,
    [orderIds, tenant, limit],
  )
  const known = groupBy(
    rows.map(({ body }) => body),
    ({ orderId }) => orderId,
  )
  return orderIds.map((id) => known.get(id) ?? [])
}

/** Those that somebody is to answer, the oldest first. */
export async function readOpenEdits(
  queryable: Queryable,
  tenant: string,
  limit: number,
): Promise<readonly KeptEditRequest[]> {
  const { rows } = await queryable.query<EditRecord>(
    'SELECT body FROM orders.edit_requests WHERE tenant = $1 AND open_since IS NOT NULL ORDER BY open_since, id LIMIT $2',
    [tenant, limit],
  )
  return rows.map(({ body }) => body)
}

type EditRecord = { readonly body: KeptEditRequest }
