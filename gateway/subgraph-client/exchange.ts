import { AppError } from '../../platform/errors/app-error.ts'
import { leaveAbort, onAbort } from './on-abort.ts'

export type HttpAnswer = { readonly status: number; readonly text: string }

/** Posts to one address over kept connections. */
export type Poster = {
  /** @returns what gives the request up; how it ends then may be told or not */
  post(body: string, headers: Readonly<Record<string, string>>, ended: PostEnded): () => void
  /** Ends what is under way. */
  destroy(): Promise<void>
}

/** Told once how a request ended. */
export type PostEnded = { answer(answer: HttpAnswer): void; fail(error: unknown): void }

/** Told exactly once how a call ended. Callbacks, so that a call makes one promise and not one per layer. */
export type Ended = { answer(answer: HttpAnswer): void; fail(error: AppError): void }

export type Exchange = (
  body: string,
  headers: Readonly<Record<string, string>>,
  deadlineMs: number,
  signal: AbortSignal,
  ended: Ended,
) => void

/** What every request says of itself. */
export const fixedHeaders: readonly (readonly [name: string, value: string])[] = [
  ['content-type', 'application/json'],
  ['accept', 'application/graphql-response+json, application/json;q=0.9'],
]

/**
 * One POST under a deadline, which ends it whatever the connection does.
 *
 * @param name for error texts
 */
export const createExchange = (poster: Poster, name: string): Exchange => {
  const timeout = () => new AppError('UPSTREAM_TIMEOUT', `Cannot read ${name}: it did not answer in time`)
  const unavailable = (cause: unknown) =>
    new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it is not reachable`, { cause, retryable: true })

  return (body, headers, deadlineMs, signal, ended) => {
    if (signal.aborted) {
      ended.fail(timeout())
      return
    }
    let abort: (() => void) | undefined
    let isSettled = false
    const settle = (): void => {
      isSettled = true
      clearTimeout(timer)
      leaveAbort(signal, giveUp)
    }
    const giveUp = (): void => {
      settle()
      ended.fail(timeout())
      abort?.()
    }
    const timer = setTimeout(giveUp, deadlineMs)
    onAbort(signal, giveUp)

    abort = poster.post(body, headers, {
      answer: (answer) => {
        if (isSettled) return
        settle()
        ended.answer(answer)
      },
      fail: (error) => {
        if (isSettled) return
        settle()
        ended.fail(error instanceof AppError ? error : unavailable(error))
      },
    })
  }
}
