import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import type { GraphQLFormattedError } from 'graphql'
import type { GraphQLResult, TakeParts } from './exchange.ts'
import { resultText } from './result-text.ts'

/**
 * Incremental delivery over HTTP as clients of `deferSpec=20220824` read it.
 * https://github.com/graphql/graphql-over-http/blob/main/rfcs/IncrementalDelivery.md
 */
const contentType = 'multipart/mixed; boundary="-"; deferSpec=20220824'
const head = '\r\nContent-Type: application/json; charset=utf-8\r\n\r\n'
/** Sent with the part before it: a client reads a part when it sees where it ends. */
const delimiter = '\r\n---'

/** @returns whether the client reads an answer in parts, in the form spoken here */
export function acceptsParts(accept: string | undefined): boolean {
  if (accept === undefined || !accept.includes('multipart/mixed')) return false
  return accept.split(',', 50).some((range) => {
    const [type, ...parameters] = range.split(';').map((text) => text.replaceAll(/[\s"]/g, '').toLowerCase())
    if (type !== 'multipart/mixed' || parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return false
    const spec = parameters.find((parameter) => /^(defer|incrementaldelivery|subscription)spec=/.test(parameter))
    return spec === undefined || spec === 'deferspec=20220824'
  })
}

export type PartsAnswer = {
  readonly take: TakeParts
  /** Whether a part was sent; if none was, the answer is to be sent whole. */
  hasBegun(): boolean
  /** Sends the last part; does nothing more when the answer was cut. */
  end(whole: GraphQLResult): void
}

export type PartsOptions = {
  /** Of all parts together. */
  readonly limitBytes: number
  readonly headers: Readonly<Record<string, string>>
  /** Told when the next part would exceed the limit; gives the error that ends the answer. */
  readonly onTooLarge: (bytes: number) => GraphQLFormattedError
}

export function createPartsAnswer(reply: FastifyReply, options: PartsOptions): PartsAnswer {
  const raw: ServerResponse = reply.raw
  let state: 'waiting' | 'begun' | 'over' = 'waiting'
  let bytes = 0
  let last: string | null = null

  /** @param members of the payload but for `hasNext` */
  function send(members: string, hasNext: boolean): void {
    const json = `{${members}${members === '' ? '' : ','}"hasNext":${hasNext}}`
    bytes += Buffer.byteLength(json)
    if (bytes > options.limitBytes) {
      close(`{"errors":${JSON.stringify([options.onTooLarge(bytes)])},"hasNext":false}`)
    } else if (hasNext) raw.write(`${head}${json}${delimiter}`)
    else close(json)
  }

  function close(json: string): void {
    state = 'over'
    raw.end(`${head}${json}${delimiter}--\r\n`)
  }

  return {
    take: {
      initial(result, headers) {
        const text = resultText(result)
        // Too large for a part is too large for the whole, which is refused as ever.
        if (state !== 'waiting' || raw.destroyed || Buffer.byteLength(text) > options.limitBytes) return
        state = 'begun'
        begin(reply, { ...headers, ...options.headers })
        raw.write(delimiter)
        send(text.slice(1, -1), true)
      },
      later(parts, isLast) {
        const members = `"incremental":${JSON.stringify(parts)}`
        // The last one waits for what the stages say of the whole.
        if (isLast) last = members
        else if (state === 'begun') send(members, true)
        return state === 'begun'
      },
    },
    hasBegun: () => state !== 'waiting',
    end({ data, errors, extensions }) {
      if (state !== 'begun') return
      const members = [
        ...(last === null ? [] : [last]),
        ...(data === undefined && errors !== undefined ? [`"errors":${JSON.stringify(errors)}`] : []),
        ...(extensions === undefined ? [] : [`"extensions":${JSON.stringify(extensions)}`]),
      ]
      send(members.join(), false)
    },
  }
}

function begin(reply: FastifyReply, headers: Readonly<Record<string, string>>): void {
  reply.hijack()
  for (const [name, value] of Object.entries({ ...reply.getHeaders(), ...headers })) {
    if (value !== undefined) reply.raw.setHeader(name, value)
  }
  reply.raw.writeHead(200, { 'content-type': contentType, 'x-accel-buffering': 'no' })
}
