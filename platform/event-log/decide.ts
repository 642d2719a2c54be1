import type { Database } from '../sql/database.ts'
import { type Consumer, type ConsumerLog, type ConsumerMetrics, createConsumer } from './consumer.ts'
import type { EventLog } from './event-log.ts'
import type { Leases } from './leases.ts'
import type { Process } from './projection.ts'

export type DeciderDeps = {
  readonly process: Process
  readonly database: Database
  readonly eventLog: EventLog
  /** What the consumers of a process share. Default: one of its own. */
  readonly leases?: Leases
  readonly log: ConsumerLog
  readonly metrics?: ConsumerMetrics
}

/**
 * Runs a process over the log: what it decides is appended in the transaction of its checkpoint, so each event
 * is decided exactly once, by one process at a time.
 */
export function createDecider({ process, database, eventLog, leases, log, metrics }: DeciderDeps): Consumer {
  return createConsumer({
    name: process.name,
    types: process.types,
    database,
    eventLog,
    log,
    ...(leases === undefined ? {} : { leases }),
    ...(metrics === undefined ? {} : { metrics }),
    async apply(transaction, events) {
      const decided = await process.decide(transaction, events)
      if (decided.length > 0) await eventLog.append(transaction, decided)
    },
    onApplied: () => eventLog.wake(),
  })
}
