import type { Stage } from '../pipeline.ts'
import { refuseHugeVariables, type VariableLimits } from './variable-limits.ts'

/** Bounds what came with the document; the document itself is bounded where it is parsed. */
export function createLimitsStage(limits: VariableLimits): Stage {
  return {
    name: 'limits',
    handle(exchange, next) {
      const { variables } = exchange.request
      if (variables !== undefined) refuseHugeVariables(variables, limits)
      return next(exchange)
    },
  }
}
