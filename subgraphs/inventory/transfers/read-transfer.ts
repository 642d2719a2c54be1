import type { Queryable, Transaction } from '../../../platform/sql/database.ts'
import type { StartedLine, StartedTransfer } from './transfer.ts'

export async function readTransfer(queryable: Queryable, tenant: string, id: string): Promise<StartedTransfer | null> {
  const { rows } = await queryable.query<TransferRecord>(readText, [tenant, id])
  return toTransfer(rows)
}

/** Nobody else receives of it until the transaction ends. */
export async function lockTransfer(
  transaction: Transaction,
  tenant: string,
  id: string,
): Promise<StartedTransfer | null> {
  await transaction.query('select from inventory.transfers where tenant = $1 and id = $2 for update', [tenant, id])
  return await readTransfer(transaction, tenant, id)
}

export async function insertTransfer(transaction: Transaction, transfer: StartedTransfer): Promise<void> {
  const { id, tenant, fromLocationId, toLocationId, dispatchedAt, expectedAt, documentRef, lines } = transfer
  await transaction.query(
    `insert into inventory.transfers
       (id, tenant, from_location_id, to_location_id, dispatched_at, expected_at, document_ref, version)
     values ($1, $2, $3, $4, $5, $6, $7, 1)`,
    [id, tenant, fromLocationId, toLocationId, dispatchedAt, expectedAt, documentRef],
  )
  await transaction.query(
    `insert into inventory.transfer_lines (transfer_id, place, line_id, variant_id, dispatched, received, damaged, lost)
     select $1, place, "lineId", "variantId", dispatched, 0, 0, 0
     from jsonb_to_recordset($2::jsonb) as r(place integer, "lineId" text, "variantId" text, dispatched integer)`,
    [id, JSON.stringify(lines.map((line, place) => ({ ...line, place })))],
  )
}

export async function updateTransfer(transaction: Transaction, after: StartedTransfer): Promise<void> {
  const { id, closedAt, version, lines } = after
  await transaction.query('update inventory.transfers set closed_at = $2, version = $3 where id = $1', [
    id,
    closedAt,
    version,
  ])
  await transaction.query(
    `update inventory.transfer_lines as line set received = r.received, damaged = r.damaged, lost = r.lost
     from jsonb_to_recordset($2::jsonb) as r(place integer, received integer, damaged integer, lost integer)
     where line.transfer_id = $1 and line.place = r.place`,
    [id, JSON.stringify(lines.map((line, place) => ({ ...line, place })))],
  )
}

const readText = `select head.*, line.line_id, line.variant_id, line.dispatched, line.received, line.damaged, line.lost
  from inventory.transfers as head join inventory.transfer_lines as line on line.transfer_id = head.id
  where head.tenant = $1 and head.id = $2 order by line.place`

type TransferRecord = {
  readonly id: string
  readonly tenant: string
  readonly from_location_id: string
  readonly to_location_id: string
  readonly dispatched_at: Date
  readonly expected_at: Date | null
  readonly closed_at: Date | null
  readonly document_ref: string | null
  readonly version: number
  readonly line_id: string
  readonly variant_id: string
} & Pick<StartedLine, 'dispatched' | 'received' | 'damaged' | 'lost'>

function toTransfer(rows: readonly TransferRecord[]): StartedTransfer | null {
  const [head] = rows
  if (head === undefined) return null
  return {
    id: head.id,
    tenant: head.tenant,
    fromLocationId: head.from_location_id,
    toLocationId: head.to_location_id,
    dispatchedAt: head.dispatched_at.toISOString(),
    expectedAt: head.expected_at?.toISOString() ?? null,
    closedAt: head.closed_at?.toISOString() ?? null,
    documentRef: head.document_ref,
    version: head.version,
    lines: rows.map(({ line_id: lineId, variant_id: variantId, dispatched, received, damaged, lost }) => ({
      lineId,
      variantId,
      ...{ dispatched, received, damaged, lost },
    })),
  }
}
