import { groupBy } from '../../platform/group-by.ts'
import type { Queryable } from '../../platform/sql/database.ts'
import type { InvoiceState, PaymentState, RefundState } from './state-machines.ts'

// Rows hold JSON values only, so that they live in any cache tier: times are RFC 3339 text, 64-bit numbers text.

export type Origin = { readonly system: string; readonly occurredAt: string | null; readonly receivedAt: string }

/** An order as finance knows it: by its id alone. */
export type OrderRef = { readonly id: string }

export type PaymentRow = Origin & {
  readonly id: string
  readonly orderId: string
  readonly psp: string
  readonly pspReference: string
  readonly method: string
  readonly state: PaymentState
  readonly currency: string
  readonly authorizedMinor: string
  readonly capturedMinor: string
  readonly refundedMinor: string
  readonly authorizedAt: string | null
  readonly capturedAt: string | null
}

export type RefundRow = Origin & {
  readonly id: string
  readonly orderId: string
  readonly paymentId: string | null
  readonly amountMinor: string
  readonly currency: string
  readonly state: RefundState
  readonly reason: string | null
  readonly createdAt: string
}

export type InvoiceRow = Origin & {
  readonly id: string
  readonly orderId: string
  readonly number: string
  readonly issuedAt: string
  readonly currency: string
  readonly amountMinor: string
  readonly state: InvoiceState
}

/** One entry per id, in order; null where nothing is known. */
export async function readPayments(
  database: Queryable,
  ids: readonly string[],
): Promise<readonly (PaymentRow | null)[]> {
  const { rows } = await database.query<PaymentRecord>(`${selectPayments} WHERE id = ANY($1)`, [ids])
  return inOrder(ids, rows.map(toPayment))
}

/** One list per order, in order, each oldest first. */
export async function readPaymentsOfOrders(
  database: Queryable,
  orderIds: readonly string[],
): Promise<readonly (readonly PaymentRow[])[]> {
  const { rows } = await database.query<PaymentRecord>(
    `${selectPayments} WHERE order_id = ANY($1) ORDER BY coalesce(authorized_at, captured_at, received_at), id`,
    [orderIds],
  )
  return perOrder(orderIds, rows.map(toPayment))
}

/** One entry per id, in order; null where nothing is known. */
export async function readRefunds(database: Queryable, ids: readonly string[]): Promise<readonly (RefundRow | null)[]> {
  const { rows } = await database.query<RefundRecord>(`${selectRefunds} WHERE id = ANY($1)`, [ids])
  return inOrder(ids, rows.map(toRefund))
}

/** One list per order, in order, each oldest first. */
export async function readRefundsOfOrders(
  database: Queryable,
  orderIds: readonly string[],
): Promise<readonly (readonly RefundRow[])[]> {
  const text = `${selectRefunds} WHERE order_id = ANY($1) ORDER BY created_at, id`
  const { rows } = await database.query<RefundRecord>(text, [orderIds])
  return perOrder(orderIds, rows.map(toRefund))
}

/** One entry per id, in order; null where nothing is known. */
export async function readInvoices(
  database: Queryable,
  ids: readonly string[],
): Promise<readonly (InvoiceRow | null)[]> {
  const { rows } = await database.query<InvoiceRecord>(`${selectInvoices} WHERE id = ANY($1)`, [ids])
  return inOrder(ids, rows.map(toInvoice))
}

/** One list per order, in order, each oldest first. */
export async function readInvoicesOfOrders(
  database: Queryable,
  orderIds: readonly string[],
): Promise<readonly (readonly InvoiceRow[])[]> {
  const text = `${selectInvoices} WHERE order_id = ANY($1) ORDER BY issued_at, id`
  const { rows } = await database.query<InvoiceRecord>(text, [orderIds])
  return perOrder(orderIds, rows.map(toInvoice))
}

/** One entry per number, in order: the invoice issued last, should two legal entities share a number. */
export async function readInvoiceIdsByNumber(
  database: Queryable,
  numbers: readonly string[],
): Promise<readonly (string | null)[]> {
  const { rows } = await database.query<{ number: string; id: string }>(
    'SELECT DISTINCT ON (number) number, id FROM finance.invoices WHERE number = ANY($1) ORDER BY number, issued_at DESC, id',
    [numbers],
  )
  const ids = new Map(rows.map((row) => [row.number, row.id]))
  return numbers.map((number) => ids.get(number) ?? null)
}

const selectPayments = `SELECT id, order_id, psp, psp_reference, method, state, currency, authorized_minor, captured_minor,
 refunded_minor, authorized_at, captured_at, system, occurred_at, received_at FROM finance.payments`

const selectRefunds = `SELECT id, order_id, payment_id, amount_minor, currency, state, reason, created_at, system, occurred_at,
 received_at FROM finance.refunds`

const selectInvoices = `SELECT id, order_id, number, issued_at, currency, amount_minor, state, system, occurred_at, received_at
 FROM finance.invoices`

export type OriginRecord = { system: string; occurred_at: Date | null; received_at: Date }

type PaymentRecord = OriginRecord &
  Pick<PaymentRow, 'id' | 'psp' | 'method' | 'state' | 'currency'> & {
    order_id: string
    psp_reference: string
    authorized_minor: bigint
    captured_minor: bigint
    refunded_minor: bigint
    authorized_at: Date | null
    captured_at: Date | null
  }

type RefundRecord = OriginRecord &
  Pick<RefundRow, 'id' | 'currency' | 'state' | 'reason'> & {
    order_id: string
    payment_id: string | null
    amount_minor: bigint
    created_at: Date
  }

type InvoiceRecord = OriginRecord &
  Pick<InvoiceRow, 'id' | 'number' | 'currency' | 'state'> & { order_id: string; issued_at: Date; amount_minor: bigint }

/** One entry per id, in order; null where there is no row. */
export function inOrder<R extends { readonly id: string }>(
  ids: readonly string[],
  rows: readonly R[],
): readonly (R | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]))
  return ids.map((id) => byId.get(id) ?? null)
}

/** One list per order, in order. */
export function perOrder<R extends { readonly orderId: string }>(
  ids: readonly string[],
  rows: readonly R[],
): readonly (readonly R[])[] {
  const byOrder = groupBy(rows, (row) => row.orderId)
  return ids.map((id) => byOrder.get(id) ?? [])
}

export function toOrigin(row: OriginRecord): Origin {
  return {
    system: row.system,
    occurredAt: row.occurred_at?.toISOString() ?? null,
    receivedAt: row.received_at.toISOString(),
  }
}

function toPayment(row: PaymentRecord): PaymentRow {
  const { id, psp, method, state, currency } = row
  return {
    ...{ id, psp, method, state, currency },
    orderId: row.order_id,
    pspReference: row.psp_reference,
    authorizedMinor: row.authorized_minor.toString(),
    capturedMinor: row.captured_minor.toString(),
    refundedMinor: row.refunded_minor.toString(),
    authorizedAt: row.authorized_at?.toISOString() ?? null,
    capturedAt: row.captured_at?.toISOString() ?? null,
    ...toOrigin(row),
  }
}

function toRefund(row: RefundRecord): RefundRow {
  const { id, currency, state, reason } = row
  return {
    ...{ id, currency, state, reason },
    orderId: row.order_id,
    paymentId: row.payment_id,
    amountMinor: row.amount_minor.toString(),
    createdAt: row.created_at.toISOString(),
    ...toOrigin(row),
  }
}

function toInvoice(row: InvoiceRecord): InvoiceRow {
  const { id, number, currency, state } = row
  return {
    ...{ id, number, currency, state },
    orderId: row.order_id,
    issuedAt: row.issued_at.toISOString(),
    amountMinor: row.amount_minor.toString(),
    ...toOrigin(row),
  }
}
