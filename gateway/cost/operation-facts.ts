import type { Supergraph } from '../exchange.ts'
import { laneOf } from '../lanes/lane-of.ts'
import type { Lane } from '../lanes/lanes.ts'
import type { Operation } from '../operations.ts'
import { type ActualCost, compileActualCost } from './actual.ts'
import { compileCost, type OperationEstimate } from './estimate.ts'

/** What is known of an operation before it runs; worked out once. */
export type OperationFacts = OperationEstimate & {
  readonly actual: ActualCost
  readonly lane: Lane
}

/** Points of asking for the schema: it touches every type. */
const introspectionCost = 50

/** Every request costs a point: nothing may be asked without end. */
const leastCost = 1

/** Facts by operation, kept as long as the operation is. */
export function createOperationFacts(): (operation: Operation, supergraph: Supergraph) => OperationFacts {
  const known = new WeakMap<Operation, OperationFacts>()
  return (operation, supergraph) => {
    let facts = known.get(operation)
    if (facts === undefined) {
      facts = compileFacts(operation, supergraph)
      known.set(operation, facts)
    }
    return facts
  }
}

function compileFacts(operation: Operation, { apiSchema, rules }: Supergraph): OperationFacts {
  const { document, node, introspects } = operation
  const { cost, listNodes, pages } = compileCost(document, node, apiSchema, rules.costs)
  const count = compileActualCost(document, node, apiSchema, rules.costs)
  const extra = introspects ? introspectionCost : 0
  const facts: OperationFacts = {
    cost: (variables) => Math.max(leastCost, extra + cost(variables)),
    listNodes,
    pages,
    actual: (data) => Math.max(leastCost, extra + count(data)),
    lane: laneOf(operation, rules.lanes, apiSchema.getRootType(node.operation)?.name ?? ''),
  }
  if ((node.variableDefinitions ?? []).length > 0) return facts
  const [costs, holds] = [facts.cost({}), facts.listNodes({})]
  return { ...facts, cost: () => costs, listNodes: () => holds }
}
