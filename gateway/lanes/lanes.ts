import { AppError } from '../../platform/errors/app-error.ts'

/** P0 reserve and submit · P1 availability and shipment · P2 service desk · P3 export and enrichment. */
export const laneNames = ['P0', 'P1', 'P2', 'P3'] as const
export type Lane = (typeof laneNames)[number]

export type LaneOptions = {
  /** The share of the concurrency limit a lane may fill, 0 to 1. What lower lanes may not fill is kept free for higher ones. */
  readonly shares: Readonly<Record<Lane, number>>
  /** Requests that may wait, all lanes together. */
  readonly maxWaiting: number
  /** How long a request of the lane may wait before it is shed. */
  readonly maxWaitMs: Readonly<Record<Lane, number>>
}

export const defaultLaneOptions: LaneOptions = {
  shares: { P0: 1, P1: 0.85, P2: 0.6, P3: 0.3 },
  maxWaiting: 500,
  maxWaitMs: { P0: 5_000, P1: 2_000, P2: 1_000, P3: 250 },
}

/** The right to run; give it back exactly once, whatever the outcome. */
export type Permit = Disposable

export type Lanes = {
  /**
   * Resolves when the request may run: at once while its lane has room, else in order of priority.
   * @throws AppError `OVERLOADED` (retryable) when it is shed: it waited too long, or a more important one needed its place
   */
  enter(lane: Lane, signal: AbortSignal): Permit | Promise<Permit>
  /** Sets how many may run at once; see `createConcurrencyController`. */
  setLimit(limit: number): void
  readonly state: () => {
    readonly limit: number
    readonly running: Readonly<Record<Lane, number>>
    readonly waiting: Readonly<Record<Lane, number>>
  }
}

type Waiter = { readonly lane: Lane; readonly grant: () => void; readonly shed: (error: AppError) => void }

/** Admission by class: a flood of exports queues and is shed behind reservations, never before them. */
export function createLanes(initialLimit: number, options: LaneOptions = defaultLaneOptions): Lanes {
  let limit = initialLimit
  let total = 0
  const running = { P0: 0, P1: 0, P2: 0, P3: 0 }
  const waiting: Readonly<Record<Lane, Set<Waiter>>> = { P0: new Set(), P1: new Set(), P2: new Set(), P3: new Set() }

  const hasRoom = (lane: Lane) => total < limit && running[lane] < Math.max(1, Math.floor(limit * options.shares[lane]))
  const waitingCount = () => waiting.P0.size + waiting.P1.size + waiting.P2.size + waiting.P3.size

  function start(lane: Lane): Permit {
    total += 1
    running[lane] += 1
    let held = true
    return {
      [Symbol.dispose]() {
        if (!held) return
        held = false
        total -= 1
        running[lane] -= 1
        admit()
      },
    }
  }

  function admit(): void {
    for (const lane of laneNames) {
      for (const waiter of waiting[lane]) {
        if (!hasRoom(lane)) break
        waiting[lane].delete(waiter)
        waiter.grant()
      }
    }
  }

  /** Makes room in the queue by shedding the newest request of the least important lane below `lane`. */
  function shedBelow(lane: Lane): boolean {
    for (const candidate of [...laneNames].reverse()) {
      if (candidate <= lane) return false
      const newest = [...waiting[candidate]].at(-1)
      if (newest === undefined) continue
      waiting[candidate].delete(newest)
      newest.shed(overloaded(candidate, options))
      return true
    }
    return false
  }

  return {
    enter(lane, signal) {
      if (waiting[lane].size === 0 && hasRoom(lane)) return start(lane)
      if (waitingCount() >= options.maxWaiting && !shedBelow(lane)) throw overloaded(lane, options)
      return new Promise<Permit>((resolve, reject) => {
        const settle = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', onAbort)
          waiting[lane].delete(waiter)
        }
        const shed = (error: unknown) => {
          settle()
          reject(error)
        }
        const onAbort = () => shed(signal.reason)
        const waiter: Waiter = {
          lane,
          grant() {
            settle()
            resolve(start(lane))
          },
          shed,
        }
        const timer = setTimeout(() => shed(overloaded(lane, options)), options.maxWaitMs[lane])
        signal.addEventListener('abort', onAbort, { once: true })
        waiting[lane].add(waiter)
      })
    },
    setLimit(next) {
      limit = Math.max(1, Math.floor(next))
      admit()
    },
    state: () => ({
      limit,
      running: { ...running },
      waiting: { P0: waiting.P0.size, P1: waiting.P1.size, P2: waiting.P2.size, P3: waiting.P3.size },
    }),
  }
}

function overloaded(lane: Lane, options: LaneOptions): AppError {
  const retryAfterMs = options.maxWaitMs[lane] * 2
  return new AppError('OVERLOADED', `Cannot run the request now: lane ${lane} is full, try again later`, {
    retryable: true,
    retryAfterMs,
    details: { lane },
  })
}
