import type { Row } from '../sql/database.ts'
import type { DataClassification, JsonObject, LogPosition, RecordedEvent } from './event-log.ts'

/** Columns of `event_log.events` that `toRecordedEvent` reads. */
export const eventColumns = `transaction_id, row_id, id, type, source, sequence, subject, occurred_at, recorded_at,
  partition_key, ingress_key, correlation_id, causation_id, traceparent, data_classification, authority, inferred, data`

export type EventRow = Row & {
  readonly transaction_id: bigint
  readonly row_id: bigint
  readonly id: string
  readonly type: string
  readonly source: string
  readonly sequence: bigint
  readonly subject: string
  readonly occurred_at: Date
  readonly recorded_at: Date
  readonly partition_key: string
  readonly ingress_key: string | null
  readonly correlation_id: string | null
  readonly causation_id: string | null
  readonly traceparent: string | null
  readonly data_classification: DataClassification | null
  readonly authority: string
  readonly inferred: boolean | null
  readonly data: JsonObject
}

/** Absent attributes stay absent, so that what is read equals what was appended. */
export function toRecordedEvent(row: EventRow): RecordedEvent {
  return {
    id: row.id,
    type: row.type,
    source: row.source,
    sequence: Number(row.sequence),
    subject: row.subject,
    time: row.occurred_at.toISOString(),
    recordedTime: row.recorded_at.toISOString(),
    partitionKey: row.partition_key,
    authority: row.authority,
    data: row.data,
    position: toPosition(row),
    ...(row.ingress_key === null ? {} : { ingressKey: row.ingress_key }),
    ...(row.correlation_id === null ? {} : { correlationId: row.correlation_id }),
    ...(row.causation_id === null ? {} : { causationId: row.causation_id }),
    ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
    ...(row.data_classification === null ? {} : { dataClassification: row.data_classification }),
    ...(row.inferred === null ? {} : { inferred: row.inferred }),
  }
}

export function toPosition(row: { readonly transaction_id: bigint; readonly row_id: bigint }): LogPosition {
  return { transactionId: row.transaction_id, row: row.row_id }
}
