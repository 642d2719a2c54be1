import { AppError } from '../../platform/errors/app-error.ts'
import type { Stage } from '../pipeline.ts'
import type { Plans } from '../plans/plans.ts'
import type { createOperationFacts } from './operation-facts.ts'

export type CostStageDeps = {
  readonly plans: Plans
  readonly factsOf: ReturnType<typeof createOperationFacts>
  /** Most items a page may be asked to have. */
  readonly maxPageSize: number
}

const noVariables = Object.freeze({})

/** Says what the request may cost and in which lane it goes; refuses what no client of its plan may ask at once. */
export function createCostStage({ plans, factsOf, maxPageSize }: CostStageDeps): Stage {
  return {
    name: 'cost',
    handle(exchange, next) {
      const { operation, request, supergraph, viewer } = exchange
      if (operation === null) throw new TypeError('Cannot price the request: no operation was parsed')
      const facts = factsOf(operation, supergraph)
      const plan = plans.of(viewer)
      const variables = request.variables ?? noVariables
      for (const { coordinate, sizeOf } of facts.pages) {
        const size = sizeOf(variables)
        if (size > maxPageSize) throw pageTooLarge(coordinate, size, maxPageSize)
      }
      const nodes = facts.listNodes(variables)
      if (nodes > plan.maxListNodes)
        throw tooCostly('maxListNodes', 'objects in lists, up to', nodes, plan.maxListNodes)
      const cost = facts.cost(variables)
      const lane = facts.lane > plan.highestLane ? facts.lane : plan.highestLane
      const allowed = Math.min(plan.maxCost, plan.buckets[lane].maximum)
      if (cost > allowed) throw tooCostly('maxCost', 'points, up to', cost, allowed)
      exchange.requestedCost = cost
      exchange.lane = lane
      return next(exchange)
    },
  }
}

function pageTooLarge(coordinate: string, value: number, allowed: number): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot page: ${coordinate} is ${value}, allowed is 1 to ${allowed}`, {
    details: { limit: 'maxPageSize', allowed, value },
  })
}

function tooCostly(limit: string, what: string, value: number, allowed: number): AppError {
  return new AppError('QUERY_TOO_COSTLY', `Cannot run the query: it asks for ${what} ${value}, allowed is ${allowed}`, {
    details: { limit, allowed, value },
  })
}
