import { Supergraph } from '@apollo/federation-internals'
import { createApolloPlanner } from './apollo-planner.ts'
import { createHivePlanner } from './hive-planner.ts'
import type { Planner } from './planner.ts'
import { restoreRequires } from './restore-requires.ts'
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

/** Apollo's takes 50 to 200 ms to build for a graph, so it is built when first needed. */
const withReference = (native: Planner, facts: SupergraphFacts): Planner => {
  let reference: Planner | undefined
  return {
    name: native.name,
    plan: (document) => {
      try {
        return native.plan(document)
      } catch {
        reference ??= createReference(facts)
        return reference.plan(document)
      }
    },
  }
}

const createReference = (facts: SupergraphFacts): Planner => {
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
