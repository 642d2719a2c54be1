import type { Viewer } from '../platform/identity/viewer.ts'
import type { GatewayRequest } from './exchange.ts'
import type { Stage } from './pipeline.ts'

/** @throws AppError `UNAUTHENTICATED` when the request claims to be someone it is not */
export type Identify = (request: GatewayRequest) => Promise<Viewer> | Viewer

export function createIdentifyStage(identify: Identify): Stage {
  return {
    name: 'identify',
    async handle(exchange, next) {
      exchange.viewer = await identify(exchange.request)
      return next(exchange)
    },
  }
}
