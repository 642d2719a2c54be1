import { groupBy } from '../../../platform/group-by.ts'
import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import type { KeptFulfillmentOrder } from './fulfillment-order.ts'
import type { OrderFulfillment } from './order-fulfillment.ts'
import { awaitedSinceOf, type KeptReroute, openSinceOf } from './reroute.ts'

/**
 * What there is of orders of a tenant, locked to the end of the transaction: rows, in one order everywhere. A fulfilment order is made by
 * the one process that may, so an order without any needs no lock.
 * @returns one entry per order, in order
 */
export async function lockFulfillment(
  transaction: Transaction,
  tenant: string,
  orderIds: readonly string[],
): Promise<readonly OrderFulfillment[]> {
  // Each statement sees what was committed before it began: reroutes are read once the orders are had.
  const [orders, reroutes] = await Promise.all([
    transaction.query<{ body: KeptFulfillmentOrder }>(
      'SELECT body FROM orders.fulfillment_orders WHERE order_id = ANY($1::text[]) AND tenant = $2 ORDER BY id FOR UPDATE',
      [orderIds, tenant],
    ),
    transaction.query<{ body: KeptReroute }>(
      'SELECT body FROM orders.reroutes WHERE order_id = ANY($1::text[]) AND tenant = $2 ORDER BY id',
      [orderIds, tenant],
    ),
  ])
  const ordersOf = groupBy(
    orders.rows.map(({ body }) => body),
    ({ orderId }) => orderId,
  )
  const reroutesOf = groupBy(
    reroutes.rows.map(({ body }) => body),
    ({ orderId }) => orderId,
  )
  return orderIds.map((orderId) => ({
    tenant,
    orderId,
    fulfillmentOrders: ordersOf.get(orderId) ?? [],
    reroutes: reroutesOf.get(orderId) ?? [],
  }))
}

/** The order a fulfilment order is of; null: there is none of this id and tenant. */
export async function readOrderIdOf(queryable: Queryable, tenant: string, id: string): Promise<string | null> {
  const { rows } = await queryable.query<{ order_id: string }>(
    'SELECT order_id FROM orders.fulfillment_orders WHERE id = $1 AND tenant = $2',
    [id, tenant],
  )
  return rows[0]?.order_id ?? null
}

export async function readReroute(queryable: Queryable, tenant: string, id: string): Promise<KeptReroute | null> {
  const { rows } = await queryable.query<{ body: KeptReroute }>(
    'SELECT body FROM orders.reroutes WHERE id = $1 AND tenant = $2',
    [id, tenant],
  )
  return rows[0]?.body ?? null
}

/** Those that somebody is to do something about, the oldest first. */
export async function readOpenReroutes(
  queryable: Queryable,
  tenant: string,
  limit: number,
): Promise<readonly KeptReroute[]> {
  const { rows } = await queryable.query<{ body: KeptReroute }>(
    'SELECT body FROM orders.reroutes WHERE tenant = $1 AND open_since IS NOT NULL ORDER BY open_since, id LIMIT $2',
    [tenant, limit],
  )
  return rows.map(({ body }) => body)
}

export async function writeFulfillment(transaction: Transaction, all: readonly OrderFulfillment[]): Promise<void> {
  const orders = all.flatMap(({ tenant, fulfillmentOrders }) =>
    fulfillmentOrders.map((body) => ({ id: body.id, tenant, orderId: body.orderId, version: body.version, body })),
  )
  const reroutes = all.flatMap(({ tenant, reroutes: of }) =>
    of.map((body) => ({
      ...{ id: body.id, tenant, orderId: body.orderId, body, refused: body.state === 'REFUSED' },
      ...{ openSince: openSinceOf(body), awaitedSince: awaitedSinceOf(body) },
    })),
  )
  await Promise.all([
    orders.length > 0 ? transaction.query(upsertOrders, [JSON.stringify(orders)]) : null,
    reroutes.length > 0 ? transaction.query(upsertReroutes, [JSON.stringify(reroutes)]) : null,
  ])
}

const upsertOrders = `
INSERT INTO orders.fulfillment_orders AS known (id, tenant, order_id, version, body)
SELECT id, tenant, "orderId", version, body
FROM jsonb_to_recordset($1::jsonb) AS r(id text, tenant text, "orderId" text, version integer, body jsonb)
ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body WHERE known.version <> excluded.version`

const upsertReroutes = `
INSERT INTO orders.reroutes AS known (id, tenant, order_id, open_since, awaited_since, refused, body)
SELECT id, tenant, "orderId", "openSince", "awaitedSince", refused, body
FROM jsonb_to_recordset($1::jsonb) AS r(
  id text, tenant text, "orderId" text, "openSince" timestamptz, "awaitedSince" timestamptz, refused boolean, body jsonb)
ON CONFLICT (id) DO UPDATE SET open_since = excluded.open_since, awaited_since = excluded.awaited_since,
  refused = excluded.refused, body = excluded.body WHERE known.body <> excluded.body`
