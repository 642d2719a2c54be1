import type { EventLog } from '../../../platform/event-log/event-log.ts'
import { type IdempotencyRecord, writeRecords } from '../../../platform/idempotency/idempotency.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import type { Change } from './command.ts'
import { type Told, toReservationEvents } from './reservation-events.ts'
import { writeRows, writeTotals } from './section-write.ts'

/** What one command comes to: a record where its key stands for something from now on. */
export type Decided = {
  readonly changes: readonly Change[]
  readonly record: IdempotencyRecord | null
  readonly correlationId: string | null
}

/**
 * Writes what a section decides while it decides on, a part at a time: the store works at one part while the next is made
 * up. All of it in the section's transaction.
 */
export type SectionWriter = {
  add(decided: Decided): void
  /** Resolves when all of it is written. @throws what the first statement that failed threw */
  end(): Promise<void>
}

export function createSectionWriter(transaction: Transaction, eventLog: EventLog, now: Date): SectionWriter {
  const all: Change[] = []
  const writes: Promise<unknown>[] = []
  let told: Told[] = []
  let records: IdempotencyRecord[] = []

  function send(write: Promise<unknown>): void {
    // Looked at in the end; until then nobody listens.
    write.catch(() => {})
    writes.push(write)
  }

  /** Only who holds a variant's lock appends to its source, so that several appends cannot wait in a circle. */
  function sendPart(): void {
    const changes = told.map(({ change }) => change)
    if (changes.length > 0) {
      send(writeRows(transaction, changes, now))
      send(eventLog.append(transaction, toReservationEvents(told, now)))
    }
    send(writeRecords(transaction, records))
    told = []
    records = []
  }

  return {
    add({ changes, record, correlationId }) {
      for (const change of changes) {
        all.push(change)
        told.push({ change, correlationId })
      }
      if (record !== null) records.push(record)
      if (told.length >= mostInPart) sendPart()
    },
    async end() {
      sendPart()
      send(writeTotals(transaction, all))
      await Promise.all(writes)
    },
  }
}

/** Half of a full group. Smaller parts cost the store more in statements than they win in overlap; docs/decisions/040-reservations.md. */
const mostInPart = 256
