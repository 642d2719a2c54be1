import type { CacheInvalidator } from '../cache/cache.ts'
import { createBackoff, pause } from '../resilience/backoff.ts'
import type { Database } from '../sql/database.ts'
import type { AppliedListener } from './applied-events.ts'
import { type Checkpoint, readCheckpoints } from './checkpoint.ts'
import type { ConsumerLog } from './consumer.ts'
import type { EventLog, LogPosition } from './event-log.ts'
import { reasonOf } from './isolate.ts'
import { comparePositions, startOfLog } from './position.ts'
import type { Projection } from './projection.ts'
import { createSubscribers } from './subscribers.ts'
import type { WakeBus } from './wake-bus.ts'
import { createWakeable } from './wakeable.ts'

export type FollowerDeps = {
  readonly projections: readonly Projection[]
  readonly database: Database
  readonly eventLog: EventLog
  readonly invalidator: CacheInvalidator
  /** Told after `invalidator`. */
  readonly applied?: AppliedListener
  readonly log: ConsumerLog
  /** The projector's `appliedBus`. Without it, or when its messages are lost, `pollMs` is the bound. Not disposed here. */
  readonly appliedBus?: WakeBus
  /** Longest time for which a cache may miss what a projection has committed, while the database answers. Default 1,000. */
  readonly pollMs?: number
}

/**
 * Keeps a process's caches true when another process runs the projections: follows the log up to each projection's
 * checkpoint and drops what its events touched. What is stale is told by positions in the log, never by age.
 */
export type Follower = AsyncDisposable & {
  /** Resolves once the place to follow from is known: read nothing through the caches before. Retries until aborted. */
  start(signal?: AbortSignal): Promise<void>
  /** Looks at the checkpoints now; resolves when the caches are as fresh as they were when it was called. */
  refresh(): Promise<void>
  /**
   * Resolves when every projection has applied or parked what the log has for it up to `target` and the caches show it,
   * whichever process applies. @throws the signal's reason when it aborts first
   */
  shows(target: LogPosition, signal: AbortSignal): Promise<void>
  /** This process itself moved a projection on and dropped what that touched: nothing of it is read again. */
  passed(name: string, from: LogPosition, to: LogPosition): void
  stop(): Promise<void>
}

export function createFollower(deps: FollowerDeps): Follower {
  const { projections, database, eventLog, invalidator, log } = deps
  const pollMs = deps.pollMs ?? 1_000
  const names = projections.map((projection) => projection.name)
  const stopping = new AbortController()
  const wakeable = createWakeable()
  let seen: Map<string, Checkpoint> | null = null
  let running: Promise<void> | undefined
  let turn: Promise<void> = Promise.resolve()
  const moves = createSubscribers()

  async function look(): Promise<void> {
    const checkpoints = await readCheckpoints(database, names)
    if (seen === null) {
      seen = new Map(checkpoints)
      return
    }
    for (const projection of projections) {
      const now = checkpoints.get(projection.name)
      if (now === undefined) continue
      await follow(projection, seen.get(projection.name), now)
      const passed = seen.get(projection.name)
      if (passed === undefined || passed.generation !== now.generation || isBefore(passed, now)) {
        seen.set(projection.name, now)
      }
    }
    moves.tell()
  }

  /**
   * Whether all that the log has for a projection up to `target` is shown. Checkpoints tell of what was applied, not
   * at once of what was none of a projection's business: that is told by the log, from memory as a rule.
   */
  async function isShown({ name, types }: Projection, target: LogPosition): Promise<boolean> {
    for (let more = true; more; ) {
      const known = seen?.get(name)
      if (known === undefined) return false
      if (comparePositions(known.position, target) >= 0) return true
      const page = await eventLog.read({ after: known.position, limit: 1, types })
      const [next] = page.events
      if (next !== undefined) return comparePositions(next.position, target) > 0
      pass(name, known.position, page.position)
      more = page.more
    }
    return comparePositions(seen?.get(name)?.position ?? startOfLog, target) >= 0
  }

  function pass(name: string, from: LogPosition, to: LogPosition): void {
    const known = seen?.get(name)
    // A gap would hide what another process applied meanwhile.
    if (known === undefined || comparePositions(known.position, from) < 0) return
    if (comparePositions(known.position, to) < 0) seen?.set(name, { ...known, position: to })
  }

  /** Invalidating twice is harmless, so a fault midway only means that the stretch is followed again. */
  async function follow(projection: Projection, from: Checkpoint | undefined, to: Checkpoint): Promise<void> {
    if (from === undefined || from.generation !== to.generation) {
      dropAll()
      return
    }
    let { position } = from
    for (let pages = 0; comparePositions(position, to.position) < 0; pages += 1) {
      if (pages === mostPages) {
        dropAll()
        return
      }
      const page = await eventLog.read({ after: position, limit: pageSize, types: projection.types })
      invalidator.invalidate(page.events.flatMap((event) => projection.keysOf(event)))
      deps.applied?.applied(page.events)
      if (comparePositions(page.position, position) === 0) return
      position = page.position
    }
  }

  function dropAll(): void {
    invalidator.invalidateAll()
    deps.applied?.appliedUnknown()
  }

  /** One look at a time; the next begins after the last has ended. */
  function takeTurn(): Promise<void> {
    const next = turn.then(look)
    turn = next.catch(() => {})
    return next
  }

  async function run(): Promise<void> {
    const faults = createBackoff({ baseMs: 50, capMs: pollMs })
    while (!stopping.signal.aborted) {
      await wakeable.wait(pollMs, stopping.signal)
      try {
        if (!stopping.signal.aborted) await takeTurn()
        faults.reset()
      } catch (error) {
        log.warn('the cache follower will try again', { reason: reasonOf(error) })
        await pause(faults.nextMs(), stopping.signal)
        wakeable.wake()
      }
    }
  }

  const wakeUps = deps.appliedBus?.subscribe(wakeable.wake)
  const stop = async (): Promise<void> => {
    stopping.abort()
    wakeUps?.[Symbol.dispose]()
    await running
  }

  return {
    async start(signal) {
      const either = signal === undefined ? stopping.signal : AbortSignal.any([signal, stopping.signal])
      const faults = createBackoff({ baseMs: 50, capMs: pollMs })
      while (seen === null) {
        either.throwIfAborted()
        try {
          await takeTurn()
        } catch (error) {
          log.warn('the cache follower cannot start yet', { reason: reasonOf(error) })
          await pause(faults.nextMs(), either)
        }
      }
      running ??= run()
    },
    refresh: takeTurn,
    async shows(target, signal) {
      const moved = createWakeable()
      using _ = moves.add(moved.wake)
      for (let behind = projections; ; await moved.wait(pollMs, signal)) {
        signal.throwIfAborted()
        const shown = await Promise.all(behind.map((projection) => isShown(projection, target)))
        behind = behind.filter((_, index) => shown[index] === false)
        if (behind.length === 0) return
      }
    },
    passed(name, from, to) {
      pass(name, from, to)
      moves.tell()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function isBefore(one: Checkpoint, other: Checkpoint): boolean {
  return comparePositions(one.position, other.position) < 0
}

const pageSize = 1_000

/** Beyond this many pages it is cheaper to drop everything than to read what was touched. */
const mostPages = 10
