import type { Database } from '../sql/database.ts'
import { lockCheckpoint, raiseGeneration } from './checkpoint.ts'
import { dropDeadLetters, parkEvents, readDeadLetters } from './dead-letters.ts'
import type { RecordedEvent } from './event-log.ts'
import { type Apply, applyIsolated } from './isolate.ts'
import { startOfLog } from './position.ts'

export type RetryOutcome = {
  /** In log order. */
  readonly applied: readonly RecordedEvent[]
  /** How many of those tried stay parked. */
  readonly stillParked: number
}

export type RetryDeps = {
  readonly name: string
  readonly database: Database
  readonly apply: Apply
  /** Bound on each page of 500. */
  readonly timeoutMs: number
}

/** Applies a consumer's parked events again; see `Consumer.retryDeadLetters`. Goes in pages, each its own transaction. */
export async function retryDeadLetters(deps: RetryDeps, partitionKey?: string): Promise<RetryOutcome> {
  const failedKeys = new Set<string>()
  const applied: RecordedEvent[] = []
  let stillParked = 0
  let after = startOfLog
  for (let more = true; more; ) {
    const page = await deps.database.transaction(
      async (transaction) => {
        // The lock keeps the consumer from parking or applying more of these keys meanwhile.
        await lockCheckpoint(transaction, deps.name)
        const events = await readDeadLetters(transaction, deps.name, { after, limit: pageSize, partitionKey })
        const outcome = await applyIsolated(transaction, events, failedKeys, deps.apply)
        await dropDeadLetters(transaction, deps.name, outcome.applied)
        await parkEvents(transaction, deps.name, outcome.parked)
        if (outcome.applied.length > 0) await raiseGeneration(transaction, deps.name)
        return { events, ...outcome }
      },
      { timeoutMs: deps.timeoutMs },
    )
    applied.push(...page.applied)
    stillParked += page.parked.length
    for (const { event } of page.parked) failedKeys.add(event.partitionKey)
    after = page.events.at(-1)?.position ?? after
    more = page.events.length === pageSize
  }
  return { applied, stillParked }
}

const pageSize = 500
