import {
  type ClientOperation,
  callsOf,
  createCompile,
  type PrepareDeps,
  planOf,
  shapesOf,
} from './compile-operation.ts'
import { compilePlan } from './compile-plan.ts'
import { type Conditions, conditionVariablesOf } from './conditions.ts'
import { isDefer, isDeferred } from './defer.ts'
import { findDeferrals } from './deferrals.ts'
import { createIntrospect } from './introspection.ts'
import { type IsolatedOperation, isolateOperation } from './isolate.ts'
import type { PlanCall, PlanStep } from './plan.ts'
import type { Run, Step } from './run.ts'
import type { Parts, PartsOf } from './run-in-parts.ts'
import { keepCalls, slicePlan } from './slice-plan.ts'
import { createVariantOf } from './variants.ts'

/** Compiled at first use: most clients take no parts. */
export const createPartsOf = (operation: ClientOperation, deps: PrepareDeps): PartsOf => {
  const { node, fragments } = operation
  let partsOf: PartsOf | undefined
  return (variables) => {
    partsOf ??= createVariantOf(
      conditionVariablesOf(node, fragments, isDefer),
      deps.limits.maxVariants,
      (conditions) => isolateParts(operation, conditions, deps),
      (fetching, conditions) => compileParts(operation, fetching, conditions, deps),
    )
    return partsOf(variables)
  }
}

type PartsFetching = { readonly isolated: IsolatedOperation; plan(): PlanStep | undefined }

const isolateParts = (
  { node, fragments }: ClientOperation,
  conditions: Conditions,
  deps: PrepareDeps,
): PartsFetching => {
  const isolated = isolateOperation(node, fragments, deps.facts, conditions)
  let plan: PlanStep | undefined
  return { isolated, plan: () => (plan ??= planOf(isolated, deps.planner)) }
}

/**
 * The plan is that of the whole operation, so what comes later is what would have come at once: the calls that the first
 * part hangs on are run for it, the others meanwhile for theirs. See docs/decisions/014-defer.md.
 */
const compileParts = (
  operation: ClientOperation,
  fetching: PartsFetching,
  conditions: Conditions,
  deps: PrepareDeps,
): Parts | null => {
  const { node, fragments } = operation
  const { isolated } = fetching
  const deferrals = findDeferrals(node, fragments, isolated.keyOf, conditions)
  const plan = deferrals && fetching.plan()
  if (deferrals === undefined || plan === undefined) return null
  const selected = [deferrals.initial, ...deferrals.later]
  const { plan: apart, slices } = slicePlan(
    plan,
    selected.map(({ needed }) => needed),
    (typeName) => deps.facts.interfaces.has(typeName),
  )
  const calls = callsOf(apart)
  const compile = createCompile(operation, isolated, calls, deps)
  const compiled = new Map(calls.map((call) => [call, oncePerRun(compile(call))]))
  const stepOf = (call: PlanCall): Step => compiled.get(call) ?? nothing
  const steps = selected.map((_part, index) => {
    const kept = keepCalls(apart, slices[index] ?? new Set())
    return kept === undefined ? nothing : compilePlan(kept, stepOf, isolated.variableOf)
  })
  const whole = shapesOf(operation, isolated, conditions, deps)
  return {
    isMutation: node.operation === 'mutation',
    callCount: calls.length,
    deferrals,
    stepOf: (part) => steps[selected.indexOf(part)] ?? nothing,
    shapes: shapesOf(operation, isolated, conditions, deps, (fragment) => isDeferred(fragment, conditions)),
    whole,
    introspect: whole.only && createIntrospect(whole.only, node, fragments, deps.shown),
  }
}

const nothing: Step = () => undefined

/** Several parts may hang on one call. */
const oncePerRun = (step: Step): Step => {
  const begun = new WeakMap<Run, Promise<void>>()
  return (run) => {
    const known = begun.get(run)
    if (known !== undefined) return known
    const waiting = step(run)
    if (waiting !== undefined) begun.set(run, waiting)
    return waiting
  }
}
