import type { Viewer } from '../platform/identity/viewer.ts'
import type { GatewayRequest } from './exchange.ts'
import type { Stage } from './pipeline.ts'

/** @throws AppError `UNAUTHENTICATED` when the request claims to be someone it is not */
export type Identify = (request: GatewayRequest) => Promise<Viewer> | Viewer

export function createIdentifyStage(identify: Identify): Stage {
  return {
    name: 'identify',
    handle(exchange, next) {
      const goOn = (viewer: Viewer) => {
        exchange.viewer = viewer
        return next(exchange)
      }
      const refuse = (error: unknown): never => {
        exchange.answerHeaders['www-authenticate'] = 'Bearer realm="storeloom"'
        throw error
      }
      // A known credential waits for nothing.
      let viewer: Promise<Viewer> | Viewer
      try {
        viewer = exchange.request.viewer ?? identify(exchange.request)
      } catch (error) {
        return refuse(error)
      }
      return viewer instanceof Promise ? viewer.then(goOn, refuse) : goOn(viewer)
    },
  }
}
