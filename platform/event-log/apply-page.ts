import type { Database, Transaction } from '../sql/database.ts'
import { moveCheckpoint, prolongLease, type Renewal } from './checkpoint.ts'
import { parkEvents, readParkedKeys } from './dead-letters.ts'
import type { RecordedEvent } from './event-log.ts'
import { type Apply, applyIsolated, type Isolated } from './isolate.ts'

/** Applies a page of events in the transaction that moves the checkpoint past it: both or neither. */
export type PageApplier = {
  /** @returns null when the checkpoint is no longer where, or whose, it says: nothing was written */
  whole(move: Renewal, events: readonly RecordedEvent[]): Promise<Isolated | null>
  /** The same where the whole fails: what fails is parked. */
  apart(move: Renewal, events: readonly RecordedEvent[]): Promise<Isolated | null>
}

export type PageApplierDeps = {
  readonly database: Database
  readonly apply: Apply
  /** Bound on a page, and apart on each event of it. */
  readonly applyTimeoutMs: number
}

export function createPageApplier({ database, apply, applyTimeoutMs }: PageApplierDeps): PageApplier {
  async function applyPage(
    move: Renewal,
    events: readonly RecordedEvent[],
    timeoutMs: number,
    work: (transaction: Transaction, free: readonly RecordedEvent[]) => Promise<Isolated>,
  ): Promise<Isolated | null> {
    const { name, leaseMs } = move
    const startedAtMs = Date.now()
    return await database.transaction(
      async (transaction) => {
        const moved = await moveCheckpoint(transaction, move)
        if (moved === null) return null
        const keys = moved.hasDeadLetters
          ? await readParkedKeys(transaction, name, [...new Set(events.map((event) => event.partitionKey))])
          : new Set<string>()
        const behind = events.filter((event) => keys.has(event.partitionKey))
        const free = keys.size === 0 ? events : events.filter((event) => !keys.has(event.partitionKey))
        const { applied, parked } = await work(transaction, free)
        const allParked = [...behind.map((event) => ({ event, reason: null })), ...parked]
        await parkEvents(transaction, name, allParked)
        if (Date.now() - startedAtMs > leaseMs / 2) await prolongLease(transaction, name, leaseMs)
        return { applied, parked: allParked }
      },
      { timeoutMs },
    )
  }

  return {
    whole: (move, events) =>
      applyPage(move, events, applyTimeoutMs, async (transaction, free) => {
        if (free.length > 0) await apply(transaction, free)
        return { applied: free, parked: [] }
      }),
    apart: (move, events) =>
      applyPage(move, events, applyTimeoutMs * apartFactor, async (transaction, free) => {
        // The transaction may take long, a single event may not: one that exceeds the bound is parked.
        await transaction.query(`select set_config('statement_timeout', $1, true)`, [String(applyTimeoutMs)])
        return await applyIsolated(transaction, free, new Set(), apply)
      }),
  }
}

/** How many times longer a page may take when its events are tried apart. */
const apartFactor = 10
