import type { GraphQLFormattedError } from 'graphql'
import { AppError } from '../../platform/errors/app-error.ts'
import { fromFormattedError } from '../../platform/errors/graphql-error.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { Answer, GatewayRequest } from '../exchange.ts'
import type { PayForEvent } from '../push/budget.ts'
import type { FollowerEvents } from '../push/group.ts'
import type { Follower, Hub } from '../push/hub.ts'
import { toRegistration } from '../push/open-operation.ts'
import type { Registration } from '../push/registration.ts'
import type { StreamPlace } from '../push/stream-cursor.ts'
import { noData } from '../result-data.ts'
import type { Selection } from './webhook.ts'

/** A selection whose version may be left to the gateway. */
export type AskedSelection = Omit<Selection, 'version'> & { readonly version: string | null }

/** Streams for those who are not connected: their selections are kept as text and followed in their name. */
export type Streams = {
  /**
   * Validates a selection as a subscription of the viewer would be.
   * @param cursor where to begin; null: as the field's arguments say, else now
   * @throws AppError whatever a subscription would be refused with
   */
  begin(viewer: Viewer, selection: AskedSelection, cursor: string | null): Promise<Beginning>
  /** @throws AppError as `begin` */
  follow(viewer: Viewer, selection: Selection, cursor: string, events: FollowerEvents): Promise<Follower>
  /** Where a cursor of the selection stands. @throws AppError `CURSOR_INVALID`, or as `begin` */
  place(viewer: Viewer, selection: Selection, cursor: string): Promise<StreamPlace>
}

export type Beginning = { readonly cursor: string; readonly version: string; readonly place: StreamPlace }

export type StreamsDeps = {
  readonly handle: (request: GatewayRequest) => Promise<Answer>
  readonly hub: Hub
}

/** The name of the one version where nothing is versioned. */
const unversioned = 'unversioned'

export function createStreams({ handle, hub }: StreamsDeps): Streams {
  /** Takes the selection through all stages, so that nobody is told by webhook what they could not subscribe to. */
  async function admit<T>(
    viewer: Viewer,
    selection: AskedSelection,
    use: (registration: Registration, pay: PayForEvent | null) => Promise<T>,
    drop: (value: T) => void = () => {},
  ): Promise<T> {
    let isOver = false
    let outcome: { readonly value: T } | { readonly error: unknown } | null = null
    const { result } = await handle({
      query: selection.operation,
      operationName: selection.operationName ?? undefined,
      variables: selection.variables,
      extensions: undefined,
      mayMutate: false,
      path: '/graphql',
      version: selection.version === null || selection.version === unversioned ? undefined : selection.version,
      address: undefined,
      headers: {},
      signal: AbortSignal.timeout(admissionMs),
      viewer,
      async subscribe(exchange) {
        try {
          const value = await use(toRegistration(exchange), exchange.payForEvent)
          // Given up meanwhile: nobody else would ever close it.
          if (isOver) drop(value)
          else outcome = { value }
        } catch (error) {
          outcome = { error }
        }
        return { data: noData }
      },
    })
    isOver = true
    return unwrap(outcome, result.errors)
  }

  return {
    begin: (viewer, selection, cursor) =>
      admit(viewer, selection, async (registration) => {
        const follower = await hub.follow(registration, cursor, deaf)
        const begun = follower.cursor()
        follower.close()
        return { cursor: begun, version: registration.version, place: hub.place(registration, begun) }
      }),
    follow: (viewer, selection, cursor, events) =>
      admit(
        viewer,
        selection,
        (registration, pay) => hub.follow(registration, cursor, events, pay),
        (follower) => follower.close(),
      ),
    place: (viewer, selection, cursor) =>
      admit(viewer, selection, async (registration) => hub.place(registration, cursor)),
  }
}

const admissionMs = 15_000
const deaf: FollowerEvents = { onReady() {}, onEnd() {} }

function unwrap<T>(
  outcome: { readonly value: T } | { readonly error: unknown } | null,
  errors: readonly GraphQLFormattedError[] | undefined,
): T {
  if (outcome !== null) {
    if ('error' in outcome) throw AppError.from(outcome.error)
    return outcome.value
  }
  const [first] = errors ?? []
  if (first !== undefined) throw fromFormattedError(first)
  throw new AppError('BAD_USER_INPUT', 'Cannot follow the operation: it is no subscription')
}
