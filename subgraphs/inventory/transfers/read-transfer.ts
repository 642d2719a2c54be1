import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import type { StockScope } from '../../../policies/stock-scope.ts'
import type { KeptLine, KeptTransfer } from './transfer.ts'

export async function readTransfer(queryable: Queryable, tenant: string, id: string): Promise<KeptTransfer | null> {
  const { rows } = await queryable.query<TransferRecord>(`${select} where head.tenant = $1 and head.id = $2`, [
    tenant,
    id,
  ])
  const [row] = rows
  return row === undefined ? null : toTransfer(row)
}

/** Those that have not left and were not cancelled, in the order of their ids, which is that of their beginnings. */
export async function readPlannedTransfers(
  queryable: Queryable,
  tenant: string,
  scope: StockScope,
  above: string,
  limit: number,
): Promise<readonly KeptTransfer[]> {
  const { rows } = await queryable.query<TransferRecord>(
    `${select} where head.tenant = $1 and head.stage in ('DRAFT', 'REQUESTED', 'APPROVED') and head.id > $2
       and ($3::text[] is null or head.from_location_id = any($3) or head.to_location_id = any($3))
     order by head.id limit $4`,
    [tenant, above, scope.kind === 'all' ? null : scope.locationIds, limit],
  )
  return rows.map(toTransfer)
}

/** Nobody else takes a step of it until the transaction ends. */
export async function lockTransfer(transaction: Transaction, tenant: string, id: string): Promise<KeptTransfer | null> {
  await transaction.query('select from inventory.transfers where tenant = $1 and id = $2 for update', [tenant, id])
  return await readTransfer(transaction, tenant, id)
}

export async function insertTransfer(transaction: Transaction, transfer: KeptTransfer): Promise<void> {
  const { id, tenant, fromLocationId, toLocationId, stage, dispatchedAt, expectedAt, documentRef, decision, lines } =
    transfer
  await transaction.query(
    `insert into inventory.transfers (id, tenant, from_location_id, to_location_id, stage, dispatched_at, expected_at, document_ref,
       changed_by, change_reason, version)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)`,
    [
      ...[id, tenant, fromLocationId, toLocationId, stage, dispatchedAt, expectedAt, documentRef],
      ...[decision?.by ?? null, decision?.reason ?? null],
    ],
  )
  await transaction.query(
    `insert into inventory.transfer_lines (transfer_id, place, line_id, variant_id, quantity, dispatched, received, damaged, lost)
     select $1, place, "lineId", "variantId", quantity, dispatched, 0, 0, 0
     from jsonb_to_recordset($2::jsonb) as r(place integer, "lineId" text, "variantId" text, quantity integer, dispatched integer)`,
    [id, JSON.stringify(lines.map((line, place) => ({ ...line, place })))],
  )
}

export async function updateTransfer(transaction: Transaction, after: KeptTransfer): Promise<void> {
  const { id, stage, dispatchedAt, expectedAt, closedAt, decision, version, lines } = after
  await transaction.query(
    `update inventory.transfers set stage = $2, dispatched_at = $3, expected_at = $4, closed_at = $5, changed_by = $6,
       change_reason = $7, version = $8 where id = $1`,
    [id, stage, dispatchedAt, expectedAt, closedAt, decision?.by ?? null, decision?.reason ?? null, version],
  )
  await transaction.query(
    `update inventory.transfer_lines as line set dispatched = r.dispatched, received = r.received, damaged = r.damaged, lost = r.lost
     from jsonb_to_recordset($2::jsonb) as r(place integer, dispatched integer, received integer, damaged integer, lost integer)
     where line.transfer_id = $1 and line.place = r.place`,
    [id, JSON.stringify(lines.map((line, place) => ({ ...line, place })))],
  )
}

const select = `select head.*, (
    select jsonb_agg(jsonb_build_object('lineId', line.line_id, 'variantId', line.variant_id, 'quantity', line.quantity,
      'dispatched', line.dispatched, 'received', line.received, 'damaged', line.damaged, 'lost', line.lost) order by line.place)
    from inventory.transfer_lines as line where line.transfer_id = head.id) as lines
  from inventory.transfers as head`

type TransferRecord = {
  readonly id: string
  readonly tenant: string
  readonly from_location_id: string
  readonly to_location_id: string
  readonly stage: KeptTransfer['stage']
  readonly dispatched_at: Date | null
  readonly expected_at: Date | null
  readonly closed_at: Date | null
  readonly document_ref: string | null
  readonly changed_by: string | null
  readonly change_reason: string | null
  readonly version: number
  readonly lines: readonly KeptLine[]
}

function toTransfer(row: TransferRecord): KeptTransfer {
  const { id, tenant, stage, version, lines } = row
  return {
    ...{ id, tenant, stage, version, lines },
    fromLocationId: row.from_location_id,
    toLocationId: row.to_location_id,
    dispatchedAt: row.dispatched_at?.toISOString() ?? null,
    expectedAt: row.expected_at?.toISOString() ?? null,
    closedAt: row.closed_at?.toISOString() ?? null,
    documentRef: row.document_ref,
    decision: row.changed_by === null ? null : { by: row.changed_by, reason: row.change_reason },
  }
}
