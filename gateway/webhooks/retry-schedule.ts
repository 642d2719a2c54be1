const secondMs = 1_000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs

export type RetrySchedule = {
  /** Waits before each attempt, the first included. */
  readonly delaysMs: readonly number[]
  /** Adds up to this part of a wait by chance, so that webhooks of one receiver do not come back together. */
  readonly jitter: number
  /** Failures in a row from which on a webhook is tried only now and then, whatever waits. */
  readonly breakerFailures: number
  /** How long nothing is tried then. */
  readonly breakerOpenMs: number
  /** A webhook all of whose attempts have failed for so long is disabled. */
  readonly disableAfterMs: number
}

/** Eight attempts within 27 hours and a half, then a dead letter. */
export const standardSchedule: RetrySchedule = {
  delaysMs: [0, 5 * secondMs, 5 * minuteMs, 30 * minuteMs, 2 * hourMs, 5 * hourMs, 10 * hourMs, 10 * hourMs],
  jitter: 0.1,
  breakerFailures: 5,
  breakerOpenMs: 5 * minuteMs,
  disableAfterMs: 5 * 24 * hourMs,
}

/**
 * @param failures how many attempts have failed, at least 1
 * @returns the wait before the next attempt, or null when there is none left
 */
export function waitAfter(
  { delaysMs, jitter }: RetrySchedule,
  failures: number,
  random: () => number = Math.random,
): number | null {
  const delayMs = delaysMs[failures]
  return delayMs === undefined ? null : Math.round(delayMs * (1 + jitter * random()))
}

const longestRetryAfterMs = 24 * hourMs

/** @returns the wait that a `retry-after` header asks for, at most a day; 0 when it asks for none that can be read */
export function readRetryAfter(header: string | null, nowMs: number): number {
  if (header === null) return 0
  const asked = /^\d{1,9}$/.test(header) ? Number(header) * secondMs : Date.parse(header) - nowMs
  return Number.isFinite(asked) ? Math.min(longestRetryAfterMs, Math.max(0, asked)) : 0
}
