import type { StreamFormat } from './http-stream.ts'

/**
 * Server-sent events: graphql-sse in distinct connections mode. With `id:`, so that a client that reconnects says where
 * it was (`Last-Event-ID`); an id without data moves that place on and tells the page nothing.
 * https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
 */
export const serverSentEvents: StreamFormat = {
  name: 'sse',
  contentType: 'text/event-stream; charset=utf-8',
  opening: '',
  next: (text, cursor) => `event: next\n${cursor === null ? '' : `id: ${cursor}\n`}data: ${text}\n\n`,
  beat: (cursor) => (cursor === null ? ':\n\n' : `id: ${cursor}\n:\n\n`),
  end: (error) => `${error === null ? '' : nextError(error)}event: complete\ndata: \n\n`,
  // No `complete`: the stream goes on elsewhere, and clients come back by themselves.
  handOver: ({ retryAfterMs = 1_000 }, cursor) => `retry: ${retryAfterMs}\n${cursor === '' ? '' : `id: ${cursor}\n`}\n`,
}

function nextError(error: unknown): string {
  return `event: next\ndata: ${JSON.stringify({ errors: [error] })}\n\n`
}

/** @returns whether the client asks for the answer as an event stream */
export function asksForEvents(accept: string | undefined): boolean {
  return accept !== undefined && /(^|,)\s*text\/event-stream\s*(;|,|$)/i.test(accept)
}
