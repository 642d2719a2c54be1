import { AppError } from '../../platform/errors/app-error.ts'
import type { Answer, Exchange, GatewayRequest, GraphQLResult } from '../exchange.ts'
import { noData } from '../result-data.ts'
import type { FollowerEvents } from './group.ts'
import type { Follower, Hub } from './hub-port.ts'
import type { Registration } from './registration.ts'

export type StreamRequest = Omit<GatewayRequest, 'subscribe'>
/** What is the same for every operation of one connection. */
export type StreamOrigin = Pick<GatewayRequest, 'path' | 'version' | 'address' | 'headers' | 'signal'>

export type Opened =
  | { readonly kind: 'stream'; readonly follower: Follower; readonly answer: Answer }
  /** A query's or mutation's answer, or a refusal. */
  | { readonly kind: 'answer'; readonly answer: Answer }

/** Takes any operation through all stages; of a subscription, what comes out is followed. Never rejects. */
export type OpenOperation = (
  request: StreamRequest,
  lastCursor: string | null,
  events: FollowerEvents,
) => Promise<Opened>

export function createOpenOperation(receive: (request: GatewayRequest) => Promise<Answer>, hub: Hub): OpenOperation {
  return async (request, lastCursor, events) => {
    let follower: Follower | null = null
    let isOver = false
    const cursor = lastCursor ?? cursorIn(request.extensions)
    const answer = await receive({
      ...request,
      async subscribe(exchange): Promise<GraphQLResult> {
        const followed = await hub.follow(toRegistration(exchange), cursor, events, exchange.payForEvent)
        // The request may have been given up meanwhile: nobody would ever close what was opened for it.
        if (isOver) followed.close()
        else follower = followed
        return { data: noData }
      },
    })
    isOver = true
    return follower === null ? { kind: 'answer', answer } : { kind: 'stream', follower, answer }
  }
}

/** @throws AppError `INTERNAL` for an exchange that was not parsed */
export function toRegistration({ operation, request, viewer, version }: Exchange): Registration {
  if (operation === null) throw new AppError('INTERNAL', 'Cannot subscribe: no operation was parsed')
  return { operation, variables: request.variables ?? {}, viewer, version: version.name }
}

function cursorIn(extensions: Readonly<Record<string, unknown>> | undefined): string | null {
  const cursor = extensions?.cursor
  return typeof cursor === 'string' ? cursor : null
}
