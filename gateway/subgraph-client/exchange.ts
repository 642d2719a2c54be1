import type { Dispatcher } from 'undici'
import { AppError } from '../../platform/errors/app-error.ts'
import { leaveAbort, onAbort } from './on-abort.ts'

export type HttpAnswer = { readonly status: number; readonly text: string }

export type ExchangeOptions = {
  readonly dispatcher: Dispatcher
  /** For error texts. */
  readonly name: string
  readonly origin: string
  readonly path: string
  readonly maxResponseBytes: number
}

/** Told exactly once how a call ended. Callbacks, so that a call makes one promise and not one per layer. */
export type Ended = { answer(answer: HttpAnswer): void; fail(error: AppError): void }

export type Exchange = (body: string, headers: string[], deadlineMs: number, signal: AbortSignal, ended: Ended) => void

/**
 * One POST over a pool's `dispatch`: `undici.request` and `fetch` build streams and header objects on top that nobody
 * here reads.
 */
export const createExchange = ({ dispatcher, name, origin, path, maxResponseBytes }: ExchangeOptions): Exchange => {
  const timeout = () => new AppError('UPSTREAM_TIMEOUT', `Cannot read ${name}: it did not answer in time`)
  const unavailable = (cause: unknown) =>
    new AppError('UPSTREAM_UNAVAILABLE', `Cannot read ${name}: it is not reachable`, { cause, retryable: true })
  const tooLarge = () =>
    new AppError(
      'UPSTREAM_INVALID_RESPONSE',
      `Cannot read ${name}: its answer is larger than the ${maxResponseBytes} bytes allowed`,
    )

  return (body, headers, deadlineMs, signal, ended) => {
    let abort: ((reason?: Error) => void) | undefined
    let isSettled = false
    let status = 0
    let first: Buffer | undefined
    let more: Buffer[] | undefined
    let sizeBytes = 0

    const settle = (): void => {
      isSettled = true
      clearTimeout(timer)
      leaveAbort(signal, giveUp)
    }
    const fail = (error: AppError): void => {
      if (isSettled) return
      settle()
      ended.fail(error)
      abort?.(error)
    }
    const giveUp = (): void => fail(timeout())
    const timer = setTimeout(giveUp, deadlineMs)
    if (signal.aborted) {
      giveUp()
      return
    }
    onAbort(signal, giveUp)

    dispatcher.dispatch(
      { origin, path, method: 'POST', headers, body, headersTimeout: 0, bodyTimeout: 0 },
      {
        onConnect: (abortRequest) => {
          if (isSettled) abortRequest()
          else abort = abortRequest
        },
        onHeaders: (code) => {
          status = code
          return true
        },
        onData: (chunk) => {
          sizeBytes += chunk.length
          if (sizeBytes > maxResponseBytes) fail(tooLarge())
          else if (first === undefined) first = chunk
          else if (more === undefined) more = [first, chunk]
          else more.push(chunk)
          return !isSettled
        },
        onComplete: () => {
          if (isSettled) return
          settle()
          const whole = more === undefined ? first : Buffer.concat(more)
          ended.answer({ status, text: whole === undefined ? '' : whole.toString('utf8') })
        },
        onError: (cause) => fail(unavailable(cause)),
      },
    )
  }
}
