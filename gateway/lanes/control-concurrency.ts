import { performance } from 'node:perf_hooks'
import { type ConcurrencyBounds, defaultConcurrencyBounds, nextConcurrency } from './concurrency-controller.ts'
import type { Lanes } from './lanes.ts'

export type ControlConcurrencyOptions = {
  readonly lanes: Lanes
  readonly bounds?: ConcurrencyBounds
  /** Default 100. */
  readonly intervalMs?: number
}

/** Lets the lanes' limit follow how busy the event loop is, until disposed. */
export function controlConcurrency({
  lanes,
  bounds = defaultConcurrencyBounds,
  intervalMs = 100,
}: ControlConcurrencyOptions): Disposable {
  let last = performance.eventLoopUtilization()
  const timer = setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    const { limit, running, waiting } = lanes.state()
    const isSaturated =
      running.P0 + running.P1 + running.P2 + running.P3 >= limit ||
      waiting.P0 + waiting.P1 + waiting.P2 + waiting.P3 > 0
    const next = nextConcurrency(limit, utilization, isSaturated, bounds)
    if (next !== limit) lanes.setLimit(next)
  }, intervalMs)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
