import { toProblem } from '../../platform/errors/problem.ts'
import type { StreamFormat } from './http-stream.ts'

const boundary = 'graphql'
/** Sent with the part before it: a client reads a part when it sees where it ends. */
const delimiter = `\r\n--${boundary}`
const part = (json: string) => `\r\ncontent-type: application/json\r\n\r\n${json}${delimiter}`
const last = '--\r\n'

/**
 * Subscriptions as the parts of one HTTP response, protocol version 1.0.
 * https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol
 */
export const multipartSubscription: StreamFormat = {
  name: 'multipart',
  contentType: `multipart/mixed;boundary="${boundary}";subscriptionSpec=1.0`,
  opening: delimiter,
  next: (text) => part(`{"payload":${text}}`),
  beat: () => part('{}'),
  end: (error) => (error === null ? '' : part(JSON.stringify({ payload: null, errors: [error] }))) + last,
  handOver(error, cursor) {
    const problem = toProblem(error, { correlationId: 'none' })
    const told = { message: problem.detail, extensions: { ...problem, ...(cursor === '' ? {} : { cursor }) } }
    return part(JSON.stringify({ payload: null, errors: [told] })) + last
  },
}

/** @returns whether the client asks for the answer as a multipart subscription */
export function asksForParts(accept: string | undefined): boolean {
  return accept !== undefined && /multipart\/mixed[^,]*subscriptionSpec\s*=\s*"?1\.0/i.test(accept)
}
