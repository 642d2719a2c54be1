import { AppError, type ErrorCode } from '../errors/app-error.ts'

export type DeadlineOptions = {
  readonly timeoutMs: number
  /** What is waited for, as it reads after "Cannot": `read stock`. */
  readonly what: string
  /** Ends the wait as well; its reason is what the wait rejects with. */
  readonly signal?: AbortSignal | undefined
  /** Default `DEADLINE_EXCEEDED`. */
  readonly code?: ErrorCode
}

/**
 * Waits for `work` no longer than a deadline, whether or not it heeds the signal it is given.
 * @throws AppError `options.code` at the deadline; the reason of `options.signal` when that aborts first.
 */
export async function withDeadline<T>(options: DeadlineOptions, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  options.signal?.throwIfAborted()
  const controller = new AbortController()
  const onAbort = () => controller.abort(options.signal?.reason)
  options.signal?.addEventListener('abort', onAbort, { once: true })
  const timer = setTimeout(() => controller.abort(lateness(options)), options.timeoutMs)
  try {
    return await untilAborted(controller.signal, work(controller.signal))
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', onAbort)
  }
}

/** @throws the signal's reason as soon as it aborts; what `work` does afterwards is ignored. */
export function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function lateness({ what, timeoutMs, code = 'DEADLINE_EXCEEDED' }: DeadlineOptions): AppError {
  return new AppError(code, `Cannot ${what}: no answer within ${timeoutMs} ms`)
}
