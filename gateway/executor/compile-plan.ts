import type { PlanCall, PlanStep } from './plan.ts'
import type { Run, Step } from './run.ts'

/** Joins compiled calls as the plan says, with no promise where nothing is waited for. */
export const compilePlan = (
  plan: PlanStep,
  compileCall: (call: PlanCall) => Step,
  variableOf: (planned: string) => string,
): Step => {
  switch (plan.kind) {
    case 'call':
      return compileCall(plan)
    case 'sequence':
      return inSequence(plan.steps.map((step) => compilePlan(step, compileCall, variableOf)))
    case 'parallel':
      return inParallel(plan.steps.map((step) => compilePlan(step, compileCall, variableOf)))
    case 'condition': {
      const whenTrue = plan.whenTrue && compilePlan(plan.whenTrue, compileCall, variableOf)
      const whenFalse = plan.whenFalse && compilePlan(plan.whenFalse, compileCall, variableOf)
      const variable = variableOf(plan.variable)
      return (run) => (run.variables[variable] === true ? whenTrue?.(run) : whenFalse?.(run))
    }
  }
}

const inSequence = (steps: readonly Step[]): Step => {
  const from = (index: number, run: Run): Promise<void> | undefined => {
    for (let at = index; at < steps.length; at++) {
      const waiting = steps[at]?.(run)
      if (waiting !== undefined) return at + 1 === steps.length ? waiting : waiting.then(() => from(at + 1, run))
    }
    return undefined
  }
  return (run) => from(0, run)
}

const inParallel =
  (steps: readonly Step[]): Step =>
  (run) => {
    const waiting: Promise<void>[] = []
    for (const step of steps) {
      const promise = step(run)
      if (promise !== undefined) waiting.push(promise)
    }
    if (waiting.length === 0) return undefined
    return waiting.length === 1 ? waiting[0] : Promise.all(waiting).then(noValue)
  }

const noValue = (): void => undefined
