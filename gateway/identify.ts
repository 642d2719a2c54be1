import type { Viewer } from '../platform/identity/viewer.ts'
import type { GatewayRequest } from './exchange.ts'
import type { Stage } from './pipeline.ts'

/** @throws AppError `UNAUTHENTICATED` when the request claims to be someone it is not */
export type Identify = (request: GatewayRequest) => Promise<Viewer> | Viewer

export function createIdentifyStage(identify: Identify): Stage {
  return {
    name: 'identify',
    handle(exchange, next) {
      const viewer = identify(exchange.request)
      // A known token waits for nothing.
      if (!(viewer instanceof Promise)) {
        exchange.viewer = viewer
        return next(exchange)
      }
      return viewer.then((known) => {
        exchange.viewer = known
        return next(exchange)
      })
    },
  }
}
