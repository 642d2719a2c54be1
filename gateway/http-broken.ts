import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { AppError } from '../platform/errors/app-error.ts'
import { toProblem } from '../platform/errors/problem.ts'

/** Answers what never became an HTTP request, in the form of every other refusal, and closes the connection. */
export function answerBrokenRequest(error: Error, socket: Socket): void {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'ECONNRESET' || socket.destroyed) return
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const { status, reason, message } = refusals[code] ?? malformed
  const correlationId = randomUUID()
  const problem = toProblem(new AppError('BAD_REQUEST', message), { correlationId })
  const body = JSON.stringify({ errors: [{ message, extensions: { ...problem, status } }] })
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-correlation-id: ${correlationId}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

type Refusal = { readonly status: number; readonly reason: string; readonly message: string }

const malformed: Refusal = {
  status: 400,
  reason: 'Bad Request',
  message: 'Cannot read the request: it is not HTTP as RFC 9112 says',
}

const refusals: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    status: 431,
    reason: 'Request Header Fields Too Large',
    message: 'Cannot read the request: its headers are too large, allowed is 16384 bytes',
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: 408,
    reason: 'Request Timeout',
    message: 'Cannot read the request: it did not arrive in time',
  },
}
