import { randomUUID } from 'node:crypto'
import { AppError } from '../errors/app-error.ts'
import { createBackoff, pause } from '../resilience/backoff.ts'
import type { Database, Transaction } from '../sql/database.ts'
import {
  advanceCheckpoint,
  type Checkpoint,
  createCheckpoint,
  holdCheckpoint,
  lockCheckpoint,
  readCheckpoints,
  releaseCheckpoint,
  rewindCheckpoint,
} from './checkpoint.ts'
import { dropAllDeadLetters, parkEvents, readParkedKeys } from './dead-letters.ts'
import type { EventLog, LogPosition, ReadResult, RecordedEvent } from './event-log.ts'
import { type Apply, applyIsolated, type Isolated, isTransient, reasonOf } from './isolate.ts'
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
  const holder = randomUUID()
  const waiters = createWaiters()
  const wakeable = createWakeable()
  const stopping = new AbortController()
  let running: Promise<void> | undefined
  let checkpoint: Checkpoint | null = null
  /** Where the stored checkpoint stands: pages with nothing for this consumer are passed without a commit of their own. */
  let stored = startOfLog
  let heldUntilMs = 0
  let rewound = false

  const isRenewalDue = (): boolean => Date.now() >= heldUntilMs - leaseMs / 2

  /** Renews the lease when half of it is over, or after something else may have moved the checkpoint. */
  async function hold(): Promise<Checkpoint | null> {
    if (checkpoint !== null && !rewound) {
      if (!isRenewalDue()) return checkpoint
      const { position } = checkpoint
      const isAhead = comparePositions(stored, position) < 0
      if (isAhead && (await commit(checkpoint, { events: [], position, more: false }))) return checkpoint
    }
    const askedAtMs = Date.now()
    rewound = false
    checkpoint = await holdCheckpoint(database, name, holder, leaseMs)
    heldUntilMs = askedAtMs + leaseMs
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
      deps.onMoved?.(held.position, page.position)
      held = { ...held, position: page.position }
      checkpoint = held
      waiters.moveTo(held.position)
      if (ahead === null || stopping.signal.aborted) return true
      page = await ahead
    }
    return true
  }

  /** @returns false when the checkpoint is no longer where, or whose, we thought: nothing was written */
  async function commit(held: Checkpoint, page: ReadResult): Promise<boolean> {
    const startedAtMs = Date.now()
    const outcome = await applyOnce(held, page).catch(async (error: unknown) => {
      if (isTransient(error)) throw error
      log.warn('a batch failed; applying its events apart', { consumer: name, reason: reasonOf(error) })
      return await applyApart(held, page)
    })
    if (outcome === null) return false
    stored = page.position
    heldUntilMs = startedAtMs + leaseMs
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

  const applyOnce = (held: Checkpoint, page: ReadResult): Promise<Isolated | null> =>
    moveCheckpoint(held, page, applyTimeoutMs, async (transaction, free) => {
      if (free.length > 0) await deps.apply(transaction, free)
      return { applied: free, parked: [] }
    })

  const applyApart = (held: Checkpoint, page: ReadResult): Promise<Isolated | null> =>
    moveCheckpoint(held, page, applyTimeoutMs * apartFactor, async (transaction, free) => {
      // The transaction may take long, a single event may not: one that exceeds the bound is parked.
      await transaction.query(`select set_config('statement_timeout', $1, true)`, [String(applyTimeoutMs)])
      return await applyIsolated(transaction, free, new Set(), deps.apply)
    })

  async function moveCheckpoint(
    held: Checkpoint,
    page: ReadResult,
    timeoutMs: number,
    work: (transaction: Transaction, free: readonly RecordedEvent[]) => Promise<Isolated>,
  ): Promise<Isolated | null> {
    return await database.transaction(
      async (transaction) => {
        const locked = await lockCheckpoint(transaction, name)
        if (locked === null || !isStillOurs(locked, held)) return null
        const keys = locked.hasDeadLetters
          ? await readParkedKeys(transaction, name, [...new Set(page.events.map((event) => event.partitionKey))])
          : new Set<string>()
        const behind = page.events.filter((event) => keys.has(event.partitionKey))
        const free = keys.size === 0 ? page.events : page.events.filter((event) => !keys.has(event.partitionKey))
        const { applied, parked } = await work(transaction, free)
        const allParked = [...behind.map((event) => ({ event, reason: null })), ...parked]
        await parkEvents(transaction, name, allParked)
        await advanceCheckpoint(transaction, name, page.position, holder, leaseMs)
        return { applied, parked: allParked }
      },
      { timeoutMs },
    )
  }

  function isStillOurs(locked: Checkpoint & { readonly holder: string | null }, held: Checkpoint): boolean {
    const othersHold = locked.holder !== null && locked.holder !== holder
    return !othersHold && locked.generation === held.generation && comparePositions(locked.position, stored) === 0
  }

  async function run(): Promise<void> {
    const faults = createBackoff({ baseMs: 50, capMs: 5_000 })
    while (!stopping.signal.aborted) {
      try {
        const held = await hold()
        if (held === null) await standBy()
        if (held === null || (await drain(held))) {
          // The log tells its holder of what may be read; only the lease has to be renewed.
          const renewalMs = Math.max(heldUntilMs - leaseMs / 2 - Date.now(), 0)
          await wakeable.wait(held === null ? pollMs : renewalMs, stopping.signal)
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

  const wakeUps = eventLog.onWake(wakeable.wake)
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

/** How many times longer a batch may take when its events are tried apart. */
const apartFactor = 10
