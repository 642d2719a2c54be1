import { randomUUID } from 'node:crypto'
import { AppError } from '../errors/app-error.ts'
import { createBackoff, pause } from '../resilience/backoff.ts'
import type { Database, Transaction } from '../sql/database.ts'
import { createPageApplier } from './apply-page.ts'
import {
  type Checkpoint,
  createCheckpoint,
  holdCheckpoint,
  lockCheckpoint,
  type Renewal,
  readCheckpoints,
  releaseCheckpoint,
  rewindCheckpoint,
} from './checkpoint.ts'
import { dropAllDeadLetters } from './dead-letters.ts'
import type { EventLog, LogPosition, ReadResult, RecordedEvent } from './event-log.ts'
import { type Apply, isTransient, reasonOf } from './isolate.ts'
import { createLeases, type Leases, nextRenewalMs } from './leases.ts'
import { comparePositions, startOfLog } from './position.ts'
import { type RetryOutcome, retryDeadLetters } from './retry-dead-letters.ts'
import { createWaiters } from './waiters.ts'
import { createWakeable } from './wakeable.ts'

export type ConsumerLog = {
  info(message: string, facts?: Readonly<Record<string, unknown>>): void
  warn(message: string, facts?: Readonly<Record<string, unknown>>): void
}

/** Counts for operators; called after each commit. */
export type ConsumerMetrics = {
  /** @param lagMs from its first event being recorded to the commit; null of a batch without events */
  applied(consumer: string, events: number, durationMs: number, lagMs: number | null): void
  parked(consumer: string, events: number): void
  retried(consumer: string): void
}

export type ConsumerDeps = {
  /** Stable: the checkpoint is stored under it. */
  readonly name: string
  /** Exact event types. Absent: every type. */
  readonly types?: readonly string[]
  readonly database: Database
  readonly eventLog: EventLog
  /** What the consumers of a process share. Default: one of its own. */
  readonly leases?: Leases
  /** Events per transaction, 1 to 10,000. Default 1,000. */
  readonly batchSize?: number
  /** Writes a batch, in log order, in the transaction of the checkpoint: both or neither. */
  readonly apply: Apply
  /** After the commit, with what was applied (not what was parked). Must not throw. */
  readonly onApplied?: (events: readonly RecordedEvent[], position: LogPosition) => void
  /** After each page and after `onApplied`, also when nothing in it was for this consumer. Must not throw. */
  readonly onMoved?: (from: LogPosition, to: LogPosition) => void
  readonly log: ConsumerLog
  readonly metrics?: ConsumerMetrics
  /** Longest time between two looks at the checkpoint while another process holds it, without a wake-up. Default 500. */
  readonly pollMs?: number
  /** How long after a holder's death another process takes over. Default 5,000. */
  readonly leaseMs?: number
  /** Bound on applying one batch. Default 60,000. */
  readonly applyTimeoutMs?: number
}

/**
 * Follows the log durably: each event is applied exactly once to what `apply` writes, in order per partition key, by
 * one process at a time. Others that run the same consumer stand by and take over.
 */
export type Consumer = AsyncDisposable & {
  /** Begins to follow. Further calls do nothing. */
  start(): void
  /** Ends after the batch in hand; gives the lease up. */
  stop(): Promise<void>
  /** Up to where nothing is left to apply, as far as this process knows; the start of the log before the first look. */
  position(): LogPosition
  /** True while this process applies, false while it stands by. */
  holds(): boolean
  /** Resolves when everything up to `target` is applied or parked, by whichever process. @throws see `Waiters.until` */
  caughtUp(target: LogPosition, signal?: AbortSignal): Promise<void>
  /** Applies parked events again in order, of one partition key or of all. What fails again stays parked. */
  retryDeadLetters(partitionKey?: string): Promise<RetryOutcome>
  /** Goes back to the start of the log: `clear` empties what `apply` wrote, in the same transaction. Dead letters go too. */
  rebuild(clear: (transaction: Transaction) => Promise<void>): Promise<void>
}

export function createConsumer(deps: ConsumerDeps): Consumer {
  const { name, database, eventLog, log } = deps
  const batchSize = deps.batchSize ?? 1_000
  const pollMs = deps.pollMs ?? 500
  const leaseMs = deps.leaseMs ?? 5_000
  const applyTimeoutMs = deps.applyTimeoutMs ?? 60_000
  const leases = deps.leases ?? createLeases(database)
  const applying = createPageApplier({ database, apply: deps.apply, applyTimeoutMs })
  const holder = randomUUID()
  const waiters = createWaiters()
  const wakeable = createWakeable()
  const stopping = new AbortController()
  let running: Promise<void> | undefined
  let checkpoint: Checkpoint | null = null
  /** Where the stored checkpoint stands: pages with nothing for this consumer are passed without a commit of their own. */
  let stored = startOfLog
  let renewalDueMs = 0
  let rewound = false
  /** While it waits for events of its types. */
  let idle = false
  const wanted = deps.types === undefined ? null : new Set(deps.types)

  const isRenewalDue = (): boolean => Date.now() >= renewalDueMs
  const moveTo = (to: LogPosition, { generation }: Checkpoint): Renewal => {
    return { name, holder, leaseMs, generation, from: stored, to }
  }

  /** Renews the lease and writes down what was passed when it is time, or after something else may have moved the checkpoint. */
  async function hold(): Promise<Checkpoint | null> {
    const askedAtMs = Date.now()
    if (checkpoint !== null && !rewound) {
      if (!isRenewalDue()) return checkpoint
      if (await leases.renew(moveTo(checkpoint.position, checkpoint))) {
        stored = checkpoint.position
        renewalDueMs = nextRenewalMs(askedAtMs, leaseMs)
        return checkpoint
      }
    }
    rewound = false
    checkpoint = await holdCheckpoint(database, name, holder, leaseMs)
    renewalDueMs = nextRenewalMs(askedAtMs, leaseMs)
    if (checkpoint !== null) {
      stored = checkpoint.position
      waiters.moveTo(checkpoint.position)
    }
    return checkpoint
  }

  async function standBy(): Promise<void> {
    const known = (await readCheckpoints(database, [name])).get(name)
    if (known !== undefined) return waiters.moveTo(known.position)
    await createCheckpoint(database, name)
    // Nobody holds it yet, so it is asked for at once.
    wakeable.wake()
  }

  const read = (after: LogPosition): Promise<ReadResult> =>
    eventLog.read({ after, limit: batchSize, ...(deps.types === undefined ? {} : { types: deps.types }) })

  function moveOn(held: Checkpoint, position: LogPosition): Checkpoint {
    const moved = { ...held, position }
    checkpoint = moved
    deps.onMoved?.(held.position, position)
    waiters.moveTo(position)
    return moved
  }

  /** Most of what is new is of other types: that is passed at once, as a page with nothing for this consumer would be. */
  function hear(): void {
    const to = idle && checkpoint !== null && !rewound ? eventLog.skip(checkpoint.position, wanted) : null
    if (checkpoint === null || to === null) wakeable.wake()
    else if (comparePositions(to, checkpoint.position) > 0) moveOn(checkpoint, to)
  }

  /** Applies pages until nothing more may be read. @returns false when the checkpoint was lost meanwhile */
  async function drain(from: Checkpoint): Promise<boolean> {
    let held = from
    let page = await read(held.position)
    while (comparePositions(page.position, held.position) > 0) {
      // The next page is read while this one is applied; a failure is met when it is awaited.
      const ahead = page.more ? read(page.position) : null
      ahead?.catch(() => {})
      const isForNobody = page.events.length === 0 && !isRenewalDue()
      if (!isForNobody && !(await commit(held, page))) checkpoint = null
      if (checkpoint === null || rewound) {
        checkpoint = null
        return false
      }
      held = moveOn(held, page.position)
      if (ahead === null || stopping.signal.aborted) return true
      page = await ahead
    }
    return true
  }

  /** @returns false when the checkpoint is no longer where, or whose, we thought: nothing was written */
  async function commit(held: Checkpoint, page: ReadResult): Promise<boolean> {
    const startedAtMs = Date.now()
    const move = moveTo(page.position, held)
    const outcome = await applying.whole(move, page.events).catch(async (error: unknown) => {
      if (isTransient(error)) throw error
      log.warn('a batch failed; applying its events apart', { consumer: name, reason: reasonOf(error) })
      return await applying.apart(move, page.events)
    })
    if (outcome === null) return false
    stored = page.position
    renewalDueMs = nextRenewalMs(startedAtMs, leaseMs)
    if (outcome.applied.length > 0) deps.onApplied?.(outcome.applied, page.position)
    const [first] = outcome.applied
    const endedAtMs = Date.now()
    const lagMs = first === undefined ? null : endedAtMs - Date.parse(first.recordedTime)
    deps.metrics?.applied(name, outcome.applied.length, endedAtMs - startedAtMs, lagMs)
    if (outcome.parked.length > 0) {
      deps.metrics?.parked(name, outcome.parked.length)
      log.warn('events were parked', {
        consumer: name,
        events: outcome.parked.length,
        reason: outcome.parked.find(({ reason }) => reason !== null)?.reason ?? 'an earlier event of the key is parked',
      })
    }
    return true
  }

  async function run(): Promise<void> {
    const faults = createBackoff({ baseMs: 50, capMs: 5_000 })
    let woken = true
    while (!stopping.signal.aborted) {
      try {
        const before = checkpoint
        const held = await hold()
        if (held === null) await standBy()
        // The log tells its holder of what may be read; without a word of it only the lease has to be renewed.
        const hasNothingNew = held === null || (held === before && !woken)
        if (hasNothingNew || (await drain(held))) {
          const renewalMs = Math.max(renewalDueMs - Date.now(), 0)
          idle = true
          woken = await wakeable.wait(held === null ? pollMs : renewalMs, stopping.signal)
          idle = false
        }
        faults.reset()
      } catch (error) {
        checkpoint = null
        deps.metrics?.retried(name)
        log.warn('the consumer will try again', { consumer: name, reason: reasonOf(error) })
        await pause(faults.nextMs(), stopping.signal)
      }
    }
    await leave().catch(() => {})
  }

  async function leave(): Promise<void> {
    const held = checkpoint
    checkpoint = null
    if (held !== null && !rewound && comparePositions(stored, held.position) < 0) {
      await commit(held, { events: [], position: held.position, more: false })
    }
    await releaseCheckpoint(database, name, holder)
  }

  const wakeUps = eventLog.onWake(hear)
  async function stop(): Promise<void> {
    stopping.abort(new AppError('SHUTTING_DOWN', 'The consumer is stopping'))
    wakeUps[Symbol.dispose]()
    waiters.close()
    await running
  }

  return {
    start() {
      running ??= run()
    },
    stop,
    position: waiters.position,
    holds: () => checkpoint !== null,
    caughtUp: waiters.until,
    async retryDeadLetters(partitionKey) {
      const outcome = await retryDeadLetters(
        { name, database, apply: deps.apply, timeoutMs: applyTimeoutMs },
        partitionKey,
      )
      if (outcome.applied.length > 0) deps.onApplied?.(outcome.applied, waiters.position())
      return outcome
    },
    async rebuild(clear) {
      await createCheckpoint(database, name)
      await database.transaction(
        async (transaction) => {
          await lockCheckpoint(transaction, name)
          await clear(transaction)
          await dropAllDeadLetters(transaction, name)
          await rewindCheckpoint(transaction, name)
        },
        { timeoutMs: applyTimeoutMs },
      )
      rewound = true
      waiters.moveTo(startOfLog)
      wakeable.wake()
    },
    [Symbol.asyncDispose]: stop,
  }
}
