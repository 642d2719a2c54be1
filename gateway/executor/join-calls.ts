import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  print,
  stripIgnoredCharacters,
  type VariableDefinitionNode,
  visit,
} from 'graphql'
import { openFragments } from './open-fragments.ts'
import type { PlanCall, PlanLookup, PlanStep } from './plan.ts'

/**
 * Joins lookups that go to one subgraph at the same time into one call. Apollo's planner leaves them apart, and in
 * branches that do not line up; branches are run in step with each other where that lets calls be joined.
 */
export const joinCalls = (plan: PlanStep): PlanStep => {
  switch (plan.kind) {
    case 'call':
      return plan
    case 'sequence':
      return { ...plan, steps: plan.steps.map(joinCalls) }
    case 'condition':
      return {
        ...plan,
        whenTrue: plan.whenTrue && joinCalls(plan.whenTrue),
        whenFalse: plan.whenFalse && joinCalls(plan.whenFalse),
      }
    case 'parallel':
      return joinBranches(plan.steps.map(joinCalls))
  }
}

const joinBranches = (branches: readonly PlanStep[]): PlanStep => {
  const inStep = runInStep(branches)
  return countCalls(inStep) < branches.reduce((count, branch) => count + countCalls(branch), 0)
    ? inStep
    : { kind: 'parallel', steps: branches }
}

/** The first steps of all branches side by side, then the second ones, and so on, with lookups joined. */
const runInStep = (branches: readonly PlanStep[]): PlanStep => {
  const lanes = branches.map((branch) => (branch.kind === 'sequence' ? branch.steps : [branch]))
  const length = Math.max(...lanes.map((lane) => lane.length))
  const rows = Array.from({ length }, (_, index): PlanStep => {
    const row = lanes.flatMap((lane) => toParallelSteps(lane[index]))
    if (row.some(({ kind }) => kind === 'sequence')) return runInStep(row)
    return oneOf('parallel', joinRow(row))
  })
  return oneOf('sequence', rows)
}

const oneOf = (kind: 'sequence' | 'parallel', steps: readonly PlanStep[]): PlanStep => {
  const [only] = steps
  return steps.length === 1 && only !== undefined ? only : { kind, steps }
}

const countCalls = (plan: PlanStep): number => {
  switch (plan.kind) {
    case 'call':
      return 1
    case 'sequence':
    case 'parallel':
      return plan.steps.reduce((count, step) => count + countCalls(step), 0)
    case 'condition':
      return [plan.whenTrue, plan.whenFalse].reduce((count, step) => count + (step ? countCalls(step) : 0), 0)
  }
}

const toParallelSteps = (step: PlanStep | undefined): readonly PlanStep[] => {
  if (step === undefined) return []
  return step.kind === 'parallel' ? step.steps : [step]
}

const joinRow = (row: readonly PlanStep[]): PlanStep[] => {
  const others = row.filter((step) => !isLookupCall(step))
  const groups = new Map<string, PlanCall[]>()
  for (const step of row) {
    if (!isLookupCall(step)) continue
    const group = groups.get(step.service)
    if (group === undefined) groups.set(step.service, [step])
    else group.push(step)
  }
  return [...others, ...[...groups.values()].map(joinGroup)]
}

const isLookupCall = (step: PlanStep): step is PlanCall =>
  step.kind === 'call' && step.operation === 'query' && step.lookups.length > 0

const joinGroup = (calls: readonly PlanCall[]): PlanCall => {
  const different: PlanCall[] = []
  for (const call of calls) {
    const at = different.findIndex((known) => isSameButPlaces(known, call))
    const known = different[at]
    if (known === undefined) different.push(call)
    else different[at] = withPlacesOf(known, call)
  }
  const [first, ...rest] = different
  if (first === undefined) throw new TypeError('Cannot join calls: there are none')
  return rest.length === 0 ? first : toOneCall(first, different)
}

const isSameButPlaces = (left: PlanCall, right: PlanCall): boolean => {
  const identity = ({ lookups, ...call }: PlanCall) =>
    JSON.stringify([call.text, call.variables, lookups.map(({ paths: _paths, ...lookup }) => lookup)])
  return identity(left) === identity(right)
}

const withPlacesOf = (call: PlanCall, other: PlanCall): PlanCall => ({
  ...call,
  lookups: call.lookups.map((lookup, index) => ({
    ...lookup,
    paths: [...lookup.paths, ...(other.lookups[index]?.paths ?? [])],
  })),
})

/** One document with the `_entities` fields of all, each under its own key and with its own variable. */
const toOneCall = (first: PlanCall, calls: readonly PlanCall[]): PlanCall => {
  const definitions = new Map<string, VariableDefinitionNode>()
  const selections: FieldNode[] = []
  const lookups: PlanLookup[] = []
  for (const call of calls) {
    const operation = openFragments(call.text)
    for (const lookup of call.lookups) {
      const number = lookups.length
      const names = { key: `e${number}`, variable: `representations${number}` }
      const field = entitiesOf(operation, lookup)
      selections.push({ ...renameVariable(field, lookup.variable, names.variable), alias: nameNode(names.key) })
      for (const definition of operation.variableDefinitions ?? []) {
        const name = definition.variable.name.value
        const renamed = name === lookup.variable ? renameVariable(definition, name, names.variable) : definition
        const isOfLookup = call.lookups.some(({ variable }) => variable === name)
        if (!isOfLookup || name === lookup.variable) definitions.set(renamed.variable.name.value, renamed)
      }
      lookups.push({ ...lookup, ...names })
    }
  }
  const operation: OperationDefinitionNode = {
    ...openFragments(first.text),
    variableDefinitions: [...definitions.values()],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  }
  return {
    ...first,
    text: stripIgnoredCharacters(print(operation)),
    variables: [...new Set(calls.flatMap((call) => call.variables))],
    lookups,
  }
}

const entitiesOf = (operation: OperationDefinitionNode, lookup: PlanLookup): FieldNode => {
  for (const selection of operation.selectionSet.selections) {
    if (selection.kind === Kind.FIELD && (selection.alias ?? selection.name).value === lookup.key) return selection
  }
  throw new TypeError(`Cannot join calls: a text has no field ${lookup.key}`)
}

const renameVariable = <Node extends FieldNode | VariableDefinitionNode>(node: Node, from: string, to: string): Node =>
  visit(node, {
    Variable: (variable) => (variable.name.value === from ? { ...variable, name: nameNode(to) } : undefined),
  })

const nameNode = (value: string) => ({ kind: Kind.NAME as const, value })
