export const maxHeadBytes = 16_384

/** What the head of a response says of what follows it. */
export type Head = {
  readonly status: number
  readonly lengthBytes: number | undefined
  readonly isChunked: boolean
  readonly isKept: boolean
  readonly idleMs: number
}

const field = String.raw`[!#$%&'*+\-.^_\x60|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*`
const headerLine = new RegExp(`^${field}$`)
const wholeHead = new RegExp(String.raw`^HTTP/1\.[01] [1-5]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?(?:\r\n${field})*$`)

/**
 * @param head without the empty line behind it
 * @throws Error when it is none of HTTP/1.1 or 1.0, or says of the body what no two readers must read alike
 */
export const readHead = (head: string): Head => {
  if (!wholeHead.test(head)) throw malformed('its head is not HTTP/1.1')
  let lengthBytes: number | undefined
  let isChunked = false
  let isKept = head[7] === '1'
  let idleMs = Number.POSITIVE_INFINITY
  for (let at = head.indexOf('\r\n'); at !== -1; ) {
    const start = at + 2
    at = head.indexOf('\r\n', start)
    // Content-Length, Connection, Transfer-Encoding, Keep-Alive: all else is passed over by its first letter.
    const letter = head.charCodeAt(start) | 0x20
    if (letter !== 0x63 && letter !== 0x74 && letter !== 0x6b) continue
    const colon = head.indexOf(':', start)
    const value = head.slice(colon + 1, at === -1 ? head.length : at)
    switch (head.slice(start, colon).toLowerCase()) {
      case 'content-length': {
        const digits = /^[\t ]*(\d{1,15})[\t ]*$/.exec(value)?.[1]
        if (digits === undefined || lengthBytes !== undefined) throw malformed('its length is told wrongly')
        lengthBytes = Number(digits)
        break
      }
      case 'transfer-encoding':
        if (isChunked || !/^[\t ]*chunked[\t ]*$/i.test(value)) throw malformed('its transfer encoding is not chunked')
        isChunked = true
        break
      case 'connection':
        if (/(?:^|,)[\t ]*close[\t ]*(?:,|$)/i.test(value)) isKept = false
        break
      case 'keep-alive': {
        const seconds = /(?:^|[,\t ])timeout=(\d{1,6})/i.exec(value)?.[1]
        if (seconds !== undefined) idleMs = Math.max(0, Number(seconds) * 1_000 - closingMs)
      }
    }
  }
  if (isChunked && (lengthBytes !== undefined || head[7] !== '1')) throw malformed('its length is told twice')
  return { status: Number(head.slice(9, 12)), lengthBytes, isChunked, isKept, idleMs }
}

/** So much earlier than the other side would, so that no request meets a connection about to close. */
const closingMs = 2_000

export const isHeaderLine = (line: string): boolean => headerLine.test(line)

export const malformed = (what: string): Error => new Error(`Cannot read the response: ${what}`)
