import { createBackoff, pause } from '../platform/resilience/backoff.ts'
import type { Task } from '../platform/subgraph/subgraph.ts'
import type { Log } from '../platform/telemetry/log.ts'

/** Runs each task again and again until disposed, one turn at a time. A turn that fails is tried again, later each time. */
export function startTasks(tasks: readonly Task[], log: Log): AsyncDisposable {
  const stopping = new AbortController()
  const running = tasks.map((task) => repeat(task, log, stopping.signal))
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await Promise.all(running)
    },
  }
}

async function repeat({ name, everyMs, run }: Task, log: Log, signal: AbortSignal): Promise<void> {
  const faults = createBackoff({ baseMs: everyMs, capMs: everyMs * 30 })
  let waitMs = everyMs
  while (!signal.aborted) {
    await pause(waitMs, signal)
    if (signal.aborted) return
    try {
      waitMs = (await run()) > 0 ? 0 : everyMs
      faults.reset()
    } catch (error) {
      waitMs = faults.nextMs()
      log.warn(`${name} will try again`, { error })
    }
  }
}
