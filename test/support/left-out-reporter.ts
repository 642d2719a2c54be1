import type { Reporter } from 'vitest/node'

/** Says in one closing line what was left out; says nothing when nothing was. */
export function createLeftOutReporter(notice: string | null): Reporter {
  return {
    onTestRunEnd() {
      if (notice !== null) process.stdout.write(`${notice}\n`)
    },
  }
}
