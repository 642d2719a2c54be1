import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql'
import { AppError } from '../../platform/errors/app-error.ts'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'
import { createToClientPath } from './client-path.ts'
import { type CallDeps, compileCall } from './compile-call.ts'
import { compilePlan } from './compile-plan.ts'
import { type Conditions, conditionVariablesOf } from './conditions.ts'
import { createMerge } from './data.ts'
import { createIntrospect } from './introspection.ts'
import { type IsolatedOperation, isolateOperation } from './isolate.ts'
import type { IsOfType } from './places.ts'
import type { DataPath, PlanCall, PlanLookup, PlanStep } from './plan.ts'
import type { Planner } from './planner.ts'
import type { ExecutorLimits, PreparedOperation } from './prepared.ts'
import type { Step } from './run.ts'
import { createRunner, type Variant } from './runner.ts'
import { createShapes } from './shape.ts'
import type { SupergraphFacts } from './supergraph.ts'
import { createVariantOf } from './variants.ts'
import { createWriteData } from './write-text.ts'

export type PrepareDeps = {
  readonly facts: SupergraphFacts
  readonly planner: Planner
  readonly limits: ExecutorLimits
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  /** Answers introspection. */
  readonly shown: GraphQLSchema
}

/** See `Executor.prepare`. */
export const prepareOperation = (
  document: DocumentNode,
  operationName: string | undefined,
  deps: PrepareDeps,
): PreparedOperation => {
  const operation = findOperation(document, operationName)
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const variantOf = createVariantOf(
    conditionVariablesOf(operation, fragments),
    deps.limits.maxVariants,
    (conditions) => compileFetching(operation, fragments, conditions, deps),
    (fetching, conditions) => compileAnswer(operation, fragments, fetching, conditions, deps),
  )
  const runner = createRunner(variantOf)
  return {
    kind: operation.operation === 'mutation' ? 'mutation' : 'query',
    name: operation.name?.value,
    run: runner.run,
    runToText: runner.runToText,
  }
}

const findOperation = (document: DocumentNode, name: string | undefined): OperationDefinitionNode => {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const found = name === undefined ? operations : operations.filter((operation) => operation.name?.value === name)
  const [operation] = found
  if (operation === undefined || found.length > 1) {
    throw new AppError(
      'BAD_REQUEST',
      name === undefined
        ? `Cannot run document: it needs exactly one operation or an operation name, got ${found.length} operations`
        : `Cannot run document: it has no operation named ${name}`,
    )
  }
  if (operation.operation === 'subscription') {
    throw new AppError('BAD_REQUEST', 'Cannot run document: subscriptions are not answered with one response')
  }
  return operation
}

type Fetching = { readonly isolated: IsolatedOperation; readonly step: Step | undefined; readonly callCount: number }

const compileFetching = (
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  conditions: Conditions,
  deps: PrepareDeps,
): Fetching => {
  const { facts } = deps
  const isolated = isolateOperation(operation, fragments, facts, conditions)
  const plan = planOf(isolated, deps.planner)
  if (plan === undefined) return { isolated, step: undefined, callCount: 0 }
  const calls = callsOf(plan)
  const paths = calls.flatMap((call) => [call.rootPath, ...call.lookups.flatMap((lookup) => lookup.paths)])
  const isOfType: IsOfType = (typeName, condition) =>
    typeName === condition || facts.possibleTypes(condition).has(typeName)
  const shared: Omit<CallDeps, 'transport'> = {
    isOfType,
    merge: createMerge((typeName) => facts.interfaces.has(typeName)),
    maxErrorsPerCall: deps.limits.maxErrorsPerCall,
    toClientPath: createToClientPath(operation.selectionSet, fragments, isolated.keyOf, isOfType, (typeName) =>
      facts.interfaces.has(typeName),
    ),
    variableOf: isolated.variableOf,
    mustCopy: (lookup: PlanLookup) => lookup.paths.some((path) => paths.some((other) => isBelow(other, path))),
  }
  const compile = (call: PlanCall): Step => {
    const transport = deps.transports.get(call.service)
    if (transport === undefined) throw new TypeError(`Cannot compile plan: subgraph ${call.service} has no transport`)
    return compileCall(call, { ...shared, transport })
  }
  return { isolated, step: compilePlan(plan, compile, isolated.variableOf), callCount: calls.length }
}

const compileAnswer = (
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  { isolated, step, callCount }: Fetching,
  conditions: Conditions,
  deps: PrepareDeps,
): Variant => {
  const schema = deps.facts.apiSchema
  const root = schema.getRootType(operation.operation)
  if (!root) throw new TypeError(`Cannot prepare operation: the graph has no ${operation.operation} type`)
  const shapes = createShapes(root, [operation.selectionSet], { schema, fragments, keyOf: isolated.keyOf, conditions })
  return {
    step,
    callCount,
    shapes,
    write: createWriteData(shapes),
    introspect: shapes.only && createIntrospect(shapes.only, operation, fragments, deps.shown),
  }
}

const planOf = (isolated: IsolatedOperation, planner: Planner): PlanStep | undefined => {
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

const callsOf = (plan: PlanStep): PlanCall[] => {
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
