import { AsyncLocalStorage } from 'node:async_hooks'

const current = new AsyncLocalStorage<string>()

/** Runs `work`, and whatever it starts, under a correlation id that every log line then carries. */
export function withCorrelation<T>(correlationId: string, work: () => T): T {
  return current.run(correlationId, work)
}

/** @returns undefined outside of `withCorrelation`. */
export function currentCorrelationId(): string | undefined {
  return current.getStore()
}

/** @returns whether a correlation id that a client sent may be taken over: short, and safe to write to a log. */
export function isCorrelationId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w.:-]{8,100}$/.test(value)
}
