import { AppError } from '../errors/app-error.ts'
import type { Transaction } from '../sql/database.ts'
import { codeOf } from '../sql/postgres-errors.ts'
import type { ParkedEvent } from './dead-letters.ts'
import type { RecordedEvent } from './event-log.ts'

export type Apply = (transaction: Transaction, events: readonly RecordedEvent[]) => Promise<void>

export type Isolated = { readonly applied: readonly RecordedEvent[]; readonly parked: readonly ParkedEvent[] }

/**
 * Applies what can be applied. Events whose partition key is in `parkedKeys` are parked at once; the rest is tried
 * whole and, where that fails, halved under savepoints down to the single event that fails, which is parked together
 * with the later ones of its key. Order per key is kept throughout.
 *
 * @throws what `isTransient` calls so: the fault is the store's, not an event's
 */
export async function applyIsolated(
  transaction: Transaction,
  events: readonly RecordedEvent[],
  parkedKeys: ReadonlySet<string>,
  apply: Apply,
): Promise<Isolated> {
  const keys = new Set(parkedKeys)
  const applied: RecordedEvent[] = []
  const parked: ParkedEvent[] = []

  async function attempt(part: readonly RecordedEvent[]): Promise<void> {
    const free = part.filter((event) => !keys.has(event.partitionKey))
    parked.push(...part.filter((event) => keys.has(event.partitionKey)).map((event) => ({ event, reason: null })))
    const [first] = free
    if (first === undefined) return
    await transaction.query('savepoint attempt')
    try {
      await apply(transaction, free)
      await transaction.query('release savepoint attempt')
      applied.push(...free)
    } catch (error) {
      if (isTransient(error)) throw error
      await transaction.query('rollback to savepoint attempt')
      await transaction.query('release savepoint attempt')
      if (free.length === 1) {
        keys.add(first.partitionKey)
        parked.push({ event: first, reason: reasonOf(error) })
        return
      }
      const middle = Math.ceil(free.length / 2)
      await attempt(free.slice(0, middle))
      await attempt(free.slice(middle))
    }
  }

  await attempt(events)
  return { applied, parked }
}

/** True for faults that pass by themselves: a lost connection, a deadlock, a serialisation failure, a full server. */
export function isTransient(error: unknown): boolean {
  if (error instanceof AppError) {
    return error.retryable && ['UPSTREAM_UNAVAILABLE', 'CONFLICT', 'OVERLOADED', 'SHUTTING_DOWN'].includes(error.code)
  }
  return /^(40|53|57P|58|55P03)/.test(codeOf(error))
}

/** What an operator reads; bounded, since an error's text may carry a whole statement. */
export function reasonOf(error: unknown): string {
  if (error instanceof AppError) return `${error.code}: ${error.message}`.slice(0, 2_000)
  return (error instanceof Error ? error.message : String(error)).slice(0, 2_000)
}
