import { createApolloPlanner } from './apollo-planner.ts'
import { createHivePlanner } from './hive-planner.ts'
import type { Planner } from './planner.ts'
import { restoreRequires } from './restore-requires.ts'
import type { SupergraphFacts } from './supergraph.ts'

/** `auto`: the native planner where it loads, Apollo's where it does not or where the native one gives up. */
export type PlannerChoice = 'auto' | 'hive' | 'apollo'

/** @throws Error when `hive` is asked for and its package is not there */
export const choosePlanner = (choice: PlannerChoice, facts: SupergraphFacts): Planner => {
  const planner = chooseKept(choice, facts)
  if (facts.split.inventions.size === 0) return planner
  return {
    name: planner.name,
    plan: (document) => {
      const plan = planner.plan(document)
      return plan && restoreRequires(plan, facts.split)
    },
  }
}

const chooseKept = (choice: PlannerChoice, facts: SupergraphFacts): Planner => {
  if (choice === 'apollo') return createApolloPlanner(facts.composed)
  const native = createHivePlanner(facts.plannedSdl)
  if (native === undefined) {
    if (choice === 'auto') return createApolloPlanner(facts.composed)
    throw new TypeError('Cannot create planner: @graphql-hive/router-query-planner is not installed for this platform')
  }
  if (choice === 'hive') return native
  let reference: Planner | undefined
  return {
    name: native.name,
    plan: (document) => {
      try {
        return native.plan(document)
      } catch {
        reference ??= createApolloPlanner(facts.composed)
        return reference.plan(document)
      }
    },
  }
}
