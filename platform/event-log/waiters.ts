import { AppError } from '../errors/app-error.ts'
import type { LogPosition } from './event-log.ts'
import { comparePositions, startOfLog } from './position.ts'

/** A position that moves, and those who wait for it to get somewhere. */
export type Waiters = {
  position(): LogPosition
  moveTo(position: LogPosition): void
  /** @throws the signal's reason when it aborts first; AppError `SHUTTING_DOWN` when `close` comes first */
  until(target: LogPosition, signal?: AbortSignal): Promise<void>
  close(): void
}

export function createWaiters(): Waiters {
  let current = startOfLog
  let closed = false
  const waiting = new Set<{ target: LogPosition; resolve: () => void; reject: (error: unknown) => void }>()
  return {
    position: () => current,
    moveTo(position) {
      current = position
      for (const waiter of waiting) if (comparePositions(waiter.target, current) <= 0) waiter.resolve()
    },
    async until(target, signal) {
      signal?.throwIfAborted()
      if (comparePositions(target, current) <= 0) return
      if (closed) throw shuttingDown()
      await new Promise<void>((resolve, reject) => {
        const settle = (act: () => void): void => {
          waiting.delete(waiter)
          signal?.removeEventListener('abort', onAbort)
          act()
        }
        const onAbort = (): void => settle(() => reject(signal?.reason))
        const waiter = {
          target,
          resolve: () => settle(resolve),
          reject: (error: unknown) => settle(() => reject(error)),
        }
        waiting.add(waiter)
        signal?.addEventListener('abort', onAbort, { once: true })
      })
    },
    close() {
      closed = true
      for (const waiter of waiting) waiter.reject(shuttingDown())
    },
  }
}

function shuttingDown(): AppError {
  return new AppError('SHUTTING_DOWN', 'Cannot wait for the read model: the process is shutting down', {
    retryable: true,
  })
}
