import type { Reporter, TestModule } from 'vitest/node'

/** Says in one line what was left out, if anything was, and closes with the counts alone on the last line. */
export function createLeftOutReporter(notice: string | null): Reporter {
  return {
    onTestRunEnd(modules) {
      if (notice !== null) process.stdout.write(`${notice}\n`)
      process.stdout.write(`${closingLine(modules)}\n`)
    },
  }
}

/** A file that could not be run at all counts as one failure. */
function closingLine(modules: readonly TestModule[]): string {
  let passed = 0
  let failed = 0
  let skipped = 0
  for (const module of modules) {
    let failedHere = 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      else if (state === 'failed') failedHere += 1
      else skipped += 1
    }
    failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere
  }
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
