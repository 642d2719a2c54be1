/** What a client of graphql-transport-ws may send. https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md */
export type ClientMessage =
  | { readonly type: 'connection_init'; readonly payload: Readonly<Record<string, unknown>> | undefined }
  | { readonly type: 'ping' | 'pong'; readonly payload: Readonly<Record<string, unknown>> | undefined }
  | { readonly type: 'complete'; readonly id: string }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: SubscribePayload }

export type SubscribePayload = {
  readonly query: string | undefined
  readonly operationName: string | undefined
  readonly variables: Readonly<Record<string, unknown>> | undefined
  readonly extensions: Readonly<Record<string, unknown>> | undefined
}

/** Longest id, in characters; it is sent back with every message. */
const longestId = 200

/** Longest introduction, in characters: what it says is kept as long as the socket, as headers of as many bytes are. */
const longestInit = 16_384

/** @returns the message, or what is wrong with it, fit for the reason of a close frame */
export function readClientMessage(text: string): ClientMessage | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'Message is not JSON'
  }
  if (!isObject(value)) return 'Message is not an object'
  const { type, id, payload } = value
  switch (type) {
    case 'connection_init':
    case 'ping':
    case 'pong':
      if (payload !== undefined && payload !== null && !isObject(payload)) return `${type}: payload is not an object`
      if (type === 'connection_init' && text.length > longestInit)
        return 'connection_init: longer than 16,384 characters'
      return { type, payload: isObject(payload) ? payload : undefined }
    case 'complete':
      return isId(id) ? { type, id } : 'complete: id is not a text of 1 to 200 characters'
    case 'subscribe': {
      if (!isId(id)) return 'subscribe: id is not a text of 1 to 200 characters'
      const read = readPayload(payload)
      return typeof read === 'string' ? read : { type, id, payload: read }
    }
    default:
      return 'Message type is not one a client may send'
  }
}

function readPayload(payload: unknown): SubscribePayload | string {
  if (!isObject(payload)) return 'subscribe: payload is not an object'
  const { query, operationName, variables, extensions } = payload
  if (query !== undefined && typeof query !== 'string') return 'subscribe: query is not text'
  if (query === undefined && !isObject(extensions)) return 'subscribe: query is missing'
  if (operationName != null && typeof operationName !== 'string') return 'subscribe: operationName is not text'
  if (variables != null && !isObject(variables)) return 'subscribe: variables is not an object'
  if (extensions != null && !isObject(extensions)) return 'subscribe: extensions is not an object'
  return {
    query,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
    extensions: extensions ?? undefined,
  }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= longestId
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
