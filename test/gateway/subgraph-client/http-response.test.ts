import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { HttpAnswer } from '../../../gateway/subgraph-client/exchange.ts'
import { createResponseReader } from '../../../gateway/subgraph-client/http-response.ts'

const create = () =>
  createResponseReader({ maxBodyBytes: 1_000, tooLarge: () => new Error('too large'), keepAliveMs: 30_000 })
const read = (bytes: string) => {
  const reader = create()
  return { answer: reader.take(Buffer.from(bytes, 'latin1')), keptMs: reader.keptMs }
}

/** Gives the bytes in pieces cut at these places. */
const readInPieces = (bytes: Buffer, cuts: readonly number[]): (HttpAnswer | undefined)[] => {
  const reader = create()
  const places = [...new Set([0, ...cuts.map((cut) => cut % bytes.length), bytes.length])].sort((a, b) => a - b)
  return places.slice(1).map((end, index) => reader.take(bytes.subarray(places[index], end)))
}

const messages = [
  'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nContent-Length: 9\r\n\r\n{"a":"é"}',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\n{"a"\r\n5 \r\n:"é"}\r\n0\r\nx-sum: 1\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 500 \r\ncontent-length:0\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nkeep-alive: timeout=5, max=3\r\n\r\n',
]

test('reads the same however the bytes come', () => {
  fc.assert(
    fc.property(fc.constantFrom(...messages), fc.array(fc.nat(), { maxLength: 20 }), (message, cuts) => {
      const bytes = Buffer.from(message, 'latin1')
      const [whole] = readInPieces(bytes, [])
      expect(whole).toBeDefined()
      const answers = readInPieces(bytes, cuts)
      expect(answers.pop()).toEqual(whole)
      expect(answers.every((answer) => answer === undefined)).toBe(true)
    }),
  )
})

test('says for how long the connection may be used again', () => {
  expect(messages.map((message) => read(message).keptMs)).toEqual([30_000, 30_000, 30_000, 3_000])
  const withHeader = (header: string) => read(`HTTP/1.1 200 OK\r\n${header}\r\ncontent-length: 0\r\n\r\n`).keptMs
  expect(withHeader('connection: Keep-Alive, Close')).toBe(0)
  expect(withHeader('keep-alive: timeout=1')).toBe(0)
  expect(withHeader('connection: closed')).toBe(30_000)
  expect(read('HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n').keptMs).toBe(0)
  expect(read('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nH').keptMs).toBe(0)
})

test.for([
  ['a bare line feed', 'HTTP/1.1 200 OK\ncontent-length: 1\n\r\n\r\na'],
  ['a bare carriage return', 'HTTP/1.1 200 OK\r\na: b\rc: d\r\n\r\n'],
  ['a zero byte', 'HTTP/1.1 200 OK\r\na: \0\r\n\r\n'],
  ['a folded line', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\ncontent-length : 1\r\n\r\na'],
  ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
  ['no status', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a switch of protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\na'],
  ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\na'],
  ['a signed length', 'HTTP/1.1 200 OK\r\ncontent-length: +1\r\n\r\na'],
  ['a length with another space', 'HTTP/1.1 200 OK\r\ncontent-length: 1\xa0\r\n\r\na'],
  ['an empty length', 'HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\n'],
  ['length and chunks', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 1\r\n\r\na'],
  ['another transfer encoding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n'],
  ['chunks twice', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n'],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'],
  ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n;a\r\n'],
  ['a chunk of a signed size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\n'],
  ['a chunk of a size that overflows', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n100000000\r\n'],
  ['a chunk longer than told', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n'],
  ['a trailer that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\na b\r\n\r\n'],
  ['a head without end', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(20_000)}`],
  ['a head too large', `HTTP/1.1 200 OK\r\na: ${'b'.repeat(20_000)}\r\n\r\n`],
  ['a chunk extension without end', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'b'.repeat(2_000)}`],
  ['trailers without end', `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'a: b\r\n'.repeat(5_000)}`],
  ['interim responses without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(11)],
  ['a body larger than allowed', 'HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n'],
  [
    'chunks larger than allowed',
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1f4\r\n'}${'a'.repeat(500)}\r\n1f5\r\n`,
  ],
])('refuses %s', ([, bytes = '']) => {
  expect(() => read(bytes)).toThrow()
})

test('gives no answer of a connection that ends too early', () => {
  for (const message of messages) {
    const reader = create()
    reader.take(Buffer.from(message, 'latin1').subarray(0, -1))
    expect(reader.end()).toBeUndefined()
  }
})
