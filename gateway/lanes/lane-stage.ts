import type { Exchange, GraphQLResult } from '../exchange.ts'
import type { Handler, Stage } from '../pipeline.ts'
import type { Lanes, Permit } from './lanes.ts'

/** Lets a request run when its lane has a place for it. */
export function createLaneStage(lanes: Lanes): Stage {
  return {
    name: 'lane',
    handle(exchange, next) {
      const permit = lanes.enter(exchange.lane, exchange.signal)
      return permit instanceof Promise
        ? permit.then((granted) => run(granted, exchange, next))
        : run(permit, exchange, next)
    },
  }
}

function run(permit: Permit, exchange: Exchange, next: Handler): Promise<GraphQLResult> {
  return next(exchange).finally(() => permit[Symbol.dispose]())
}
