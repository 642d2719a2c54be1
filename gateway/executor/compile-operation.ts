import type { FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { AppError } from '../../platform/errors/app-error.ts'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'
import { createToClientPath } from './client-path.ts'
import { type CallDeps, compileCall } from './compile-call.ts'
import { compilePlan } from './compile-plan.ts'
import type { Conditions } from './conditions.ts'
import { createMerge } from './data.ts'
import type { FragmentNode } from './defer.ts'
import { createIntrospect } from './introspection.ts'
import { type IsolatedOperation, isolateOperation } from './isolate.ts'
import { type KeepableEntity, keepableLookup } from './keepable.ts'
import type { LastingAnswers } from './lasting-answers.ts'
import { createHasOneSource } from './one-source.ts'
import type { IsOfType } from './places.ts'
import type { DataPath, PlanCall, PlanLookup, PlanStep } from './plan.ts'
import type { Planner } from './planner.ts'
import type { ExecutorLimits } from './prepared.ts'
import type { Step } from './run.ts'
import type { Variant } from './runner.ts'
import { createShapes, type Shapes } from './shape.ts'
import type { SupergraphFacts } from './supergraph.ts'
import { createWriteData } from './write-text.ts'

export type PrepareDeps = {
  readonly facts: SupergraphFacts
  readonly planner: Planner
  readonly limits: ExecutorLimits
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  /** Answers introspection. */
  readonly shown: GraphQLSchema
  /** What may be kept between requests. */
  readonly keepable: readonly KeepableEntity[]
  readonly lasting: LastingAnswers
}

/** One operation of a valid document. */
export type ClientOperation = {
  readonly node: OperationDefinitionNode
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
}

export type Fetching = {
  readonly isolated: IsolatedOperation
  readonly step: Step | undefined
  /** Of its plan. */
  readonly calls: readonly PlanCall[]
}

/** Plans, and compiles the calls. */
export const compileFetching = (operation: ClientOperation, conditions: Conditions, deps: PrepareDeps): Fetching => {
  const isolated = isolateOperation(operation.node, operation.fragments, deps.facts, conditions)
  const plan = planOf(isolated, deps.planner)
  if (plan === undefined) return { isolated, step: undefined, calls: [] }
  const calls = callsOf(plan)
  const compile = createCompile(operation, isolated, calls, deps, {
    alone: callsAlone(plan),
    hasOneSource: createHasOneSource(calls),
  })
  return { isolated, step: compilePlan(plan, compile, isolated.variableOf), calls }
}

export const compileAnswer = (
  operation: ClientOperation,
  { isolated, step, calls }: Fetching,
  conditions: Conditions,
  deps: PrepareDeps,
): Variant => {
  const shapes = shapesOf(operation, isolated, conditions, deps)
  const introspect = shapes.only && createIntrospect(shapes.only, operation.node, operation.fragments, deps.shown)
  const mayLast = operation.node.operation === 'query' && calls.length > 0 && introspect === undefined
  return {
    step,
    callCount: calls.length,
    shapes,
    write: createWriteData(shapes),
    introspect,
    lasting: mayLast ? deps.lasting.ofPlan(calls, deps.transports) : undefined,
  }
}

/** What is true of a plan's calls when they are run as it says; left out where nobody knows. */
type RunFacts = {
  /** Those that no other is ever under way beside. */
  readonly alone: readonly PlanCall[]
  readonly hasOneSource: (path: DataPath) => boolean
}

/** @param calls of the plan */
export const createCompile = (
  { node, fragments }: ClientOperation,
  isolated: IsolatedOperation,
  calls: readonly PlanCall[],
  { facts, limits, transports, keepable }: PrepareDeps,
  { alone, hasOneSource }: RunFacts = { alone: [], hasOneSource: () => false },
): ((call: PlanCall) => Step) => {
  const paths = calls.flatMap((call) => [call.rootPath, ...call.lookups.flatMap((lookup) => lookup.paths)])
  const isOfType: IsOfType = (typeName, condition) =>
    typeName === condition || facts.possibleTypes(condition).has(typeName)
  const shared: Omit<CallDeps, 'transport' | 'isAlone'> = {
    isOfType,
    merge: createMerge((typeName) => facts.interfaces.has(typeName)),
    maxErrorsPerCall: limits.maxErrorsPerCall,
    toClientPath: createToClientPath(node.selectionSet, fragments, isolated.keyOf, isOfType, (typeName) =>
      facts.interfaces.has(typeName),
    ),
    variableOf: isolated.variableOf,
    mustCopy: (lookup: PlanLookup) => lookup.paths.some((path) => paths.some((other) => isBelow(other, path))),
    hasOneSource,
    keepable: (call, lookup) => keepableLookup(call, lookup, keepable),
  }
  return (call) => {
    const transport = transports.get(call.service)
    if (transport === undefined) throw new TypeError(`Cannot compile plan: subgraph ${call.service} has no transport`)
    return compileCall(call, { ...shared, transport, isAlone: alone.includes(call) })
  }
}

/** @param isLater whether what a fragment holds is told later. Default: nothing is */
export const shapesOf = (
  { node, fragments }: ClientOperation,
  { keyOf }: IsolatedOperation,
  conditions: Conditions,
  { facts }: PrepareDeps,
  isLater: (fragment: FragmentNode) => boolean = () => false,
): Shapes => {
  const schema = facts.apiSchema
  const root = schema.getRootType(node.operation)
  if (!root) throw new TypeError(`Cannot prepare operation: the graph has no ${node.operation} type`)
  return createShapes(root, [node.selectionSet], { schema, fragments, keyOf, conditions, isDeferred: isLater })
}

/** @throws AppError `INTERNAL` when the graph cannot answer it */
export const planOf = (isolated: IsolatedOperation, planner: Planner): PlanStep | undefined => {
  if (isolated.document === undefined) return undefined
  const unreachable = 'Cannot plan operation: the graph has no way to reach a field it selects'
  let plan: PlanStep | undefined
  try {
    plan = planner.plan(isolated.document)
  } catch (error) {
    throw new AppError('INTERNAL', unreachable, { cause: error })
  }
  if (plan === undefined) throw new AppError('INTERNAL', unreachable)
  return plan
}

const isBelow = (path: DataPath, above: DataPath): boolean =>
  path.length > above.length && above.every((step, index) => JSON.stringify(step) === JSON.stringify(path[index]))

export const callsOf = (plan: PlanStep): PlanCall[] => {
  switch (plan.kind) {
    case 'call':
      return [plan]
    case 'sequence':
    case 'parallel':
      return plan.steps.flatMap(callsOf)
    case 'condition':
      return [plan.whenTrue, plan.whenFalse].flatMap((step) => (step === undefined ? [] : callsOf(step)))
  }
}

/** What no other call of the plan is ever under way beside. */
const callsAlone = (plan: PlanStep): PlanCall[] => {
  switch (plan.kind) {
    case 'sequence':
      return plan.steps.flatMap(callsAlone)
    case 'parallel':
      return plan.steps.length === 1 ? plan.steps.flatMap(callsAlone) : []
    default:
      return callsOf(plan)
  }
}
