import { AppError } from '../errors/app-error.ts'

export type BulkheadOptions = {
  /** For the error text. */
  readonly name: string
  readonly maxConcurrent: number
  /** Calls that may wait for a place; a further one is refused at once. */
  readonly maxQueued: number
}

/** Bounds how much runs at once, so that one slow part cannot take all of a process. First come, first served. */
export type Bulkhead = {
  /** @throws AppError `OVERLOADED` when the queue is full; the signal's reason when it aborts while waiting. */
  run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>
  readonly running: () => number
  readonly queued: () => number
}

export function createBulkhead({ name, maxConcurrent, maxQueued }: BulkheadOptions): Bulkhead {
  if (maxConcurrent < 1)
    throw new RangeError(`Cannot build bulkhead ${name}: maxConcurrent is ${maxConcurrent}, allowed is 1 or more`)
  const waiting = new Set<() => void>()
  let running = 0

  function release(): void {
    const [next] = waiting
    if (next === undefined) {
      running -= 1
    } else {
      // The place is handed on, so `running` stays as it is and nobody overtakes.
      waiting.delete(next)
      next()
    }
  }

  function enter(signal: AbortSignal | undefined): Promise<void> {
    if (running < maxConcurrent) {
      running += 1
      return Promise.resolve()
    }
    if (waiting.size >= maxQueued) {
      throw new AppError(
        'OVERLOADED',
        `Cannot start ${name}: ${maxConcurrent} are running and ${maxQueued} waiting already`,
      )
    }
    return new Promise((resolve, reject) => {
      const admit = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        waiting.delete(admit)
        reject(signal?.reason)
      }
      waiting.add(admit)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  return {
    async run(work, signal) {
      signal?.throwIfAborted()
      await enter(signal)
      try {
        return await work()
      } finally {
        release()
      }
    },
    running: () => running,
    queued: () => waiting.size,
  }
}
