import type { Delivery } from './registration.ts'

/** What stands before a delivery's text in each `next` message of one operation: ASCII, so that a character is a byte. */
export function nextHead(id: string): string {
  const quoted = JSON.stringify(id).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `{"id":${quoted},"type":"next","payload":`
}

/**
 * A `next` message as it goes over the wire: one unfragmented text frame of RFC 6455, 5.2. The text is encoded once for all who are
 * told the same, and the whole frame once for those who also gave their operation the same id.
 */
export function nextFrame(head: string, delivery: Delivery): Buffer {
  let known = encodings.get(delivery)
  if (known === undefined) {
    known = { bytes: Buffer.from(delivery.text), head: '', frame: null }
    encodings.set(delivery, known)
  }
  if (known.frame !== null && known.head === head) return known.frame
  known.head = head
  known.frame = frameOf(head, known.bytes)
  return known.frame
}

type Encoding = { readonly bytes: Buffer; head: string; frame: Buffer | null }
const encodings = new WeakMap<Delivery, Encoding>()

const finalText = 0x81
const closingBrace = 0x7d

function frameOf(head: string, bytes: Buffer): Buffer {
  const length = head.length + bytes.length + 1
  const start = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = finalText
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(head, start, 'latin1')
  bytes.copy(frame, start + head.length)
  frame[frame.length - 1] = closingBrace
  return frame
}
