import { Supergraph } from '@apollo/federation-internals'
import { BREAK, type DocumentNode, visit } from 'graphql'
import { createApolloPlanner } from './apollo-planner.ts'
import { sendsResolvableKeys } from './check-keys.ts'
import { createHivePlanner } from './hive-planner.ts'
import { joinCalls } from './join-calls.ts'
import type { Planner } from './planner.ts'
import { restoreRequires } from './restore-requires.ts'
import { splitInterfaceObjects } from './split-interface-objects.ts'
import type { SupergraphFacts } from './supergraph.ts'

/** `auto`: the native planner where it loads, Apollo's where it does not or where the native one gives up. */
export type PlannerChoice = 'auto' | 'hive' | 'apollo'

/** @throws Error when `hive` is asked for and its package is not there */
export const choosePlanner = (choice: PlannerChoice, facts: SupergraphFacts): Planner => {
  if (choice === 'apollo') return createReference(facts)
  const native = createHivePlanner(facts.plannedSdl)
  if (native === undefined) {
    if (choice === 'auto') return createReference(facts)
    throw new TypeError('Cannot create planner: @graphql-hive/router-query-planner is not installed for this platform')
  }
  const restored = restoring(native, facts)
  return choice === 'hive' ? restored : withReference(restored, facts)
}

/**
 * The native planner first. Apollo's, which takes 50 to 200 ms to build for a graph and is built when first needed,
 * where the native one gives up and where it is known to be wrong: types of an interface that a subgraph knows as an
 * interface object.
 */
const withReference = (native: Planner, facts: SupergraphFacts): Planner => {
  let built: Planner | undefined
  const reference = (): Planner => (built ??= createReference(facts))
  const risky = new Set([...facts.interfaceObjects].flatMap((name) => [...facts.possibleTypes(name)]))
  const planWith = (first: () => Planner, second: () => Planner, document: DocumentNode) => {
    try {
      return first().plan(document)
    } catch {
      return second().plan(document)
    }
  }
  return {
    name: native.name,
    plan: (document) =>
      risky.size > 0 && narrowsTo(document, risky)
        ? planWith(reference, () => native, document)
        : planWith(() => native, reference, document),
  }
}

const narrowsTo = (document: DocumentNode, typeNames: ReadonlySet<string>): boolean => {
  let isFound = false
  visit(document, {
    InlineFragment: (fragment) => {
      if (fragment.typeCondition === undefined || !typeNames.has(fragment.typeCondition.name.value)) return undefined
      isFound = true
      return BREAK
    },
  })
  return isFound
}

const createReference = (facts: SupergraphFacts): Planner => {
  const planner = createSplitReference(facts)
  return {
    name: planner.name,
    plan: (document) => {
      const plan = planner.plan(document)
      if (plan === undefined) return undefined
      if (!sendsResolvableKeys(plan, facts.keys)) {
        throw new TypeError('Cannot use plan: it looks up entities by a key that is not resolvable')
      }
      return joinCalls(splitInterfaceObjects(plan, facts.interfaceObjects, facts.apiSchema))
    },
  }
}

const createSplitReference = (facts: SupergraphFacts): Planner => {
  if (facts.split.inventions.size === 0) return createApolloPlanner(facts.composed)
  try {
    return restoring(createApolloPlanner(Supergraph.build(facts.plannedSdl)), facts)
  } catch {
    // It checks subgraphs more strictly than it needs to; then better the graph as it is than none.
    return createApolloPlanner(facts.composed)
  }
}

const restoring = (planner: Planner, facts: SupergraphFacts): Planner => {
  if (facts.split.inventions.size === 0) return planner
  return {
    name: planner.name,
    plan: (document) => {
      const plan = planner.plan(document)
      return plan && restoreRequires(plan, facts.split)
    },
  }
}
