import { randomBytes } from 'node:crypto'
import type { Clock } from './clock.ts'

/** Mints identifiers that sort by the time they were made. */
export type IdMinter = {
  /** A ULID: 26 characters of Crockford's base 32, strictly increasing within one minter even when the clock stands or steps back. */
  ulid(): string
}

/** @param random returns that many unpredictable bytes */
export function createIdMinter(clock: Clock, random: (sizeBytes: number) => Uint8Array = randomBytes): IdMinter {
  let lastMs = -1
  let tail: number[] = []
  let prefix = ''
  /** All but the last digit, which alone differs in 31 of 32 ids of one millisecond. */
  let head = ''
  return {
    ulid() {
      const nowMs = clock().getTime()
      if (nowMs > lastMs || !increment(tail)) {
        lastMs = Math.max(nowMs, lastMs + 1)
        prefix = toBase32(lastMs, timeLength)
        // The top bit stays free so that increments of one millisecond do not run over.
        tail = Array.from(random(tailLength), (byte, index) => (index === 0 ? byte & 15 : byte & 31))
        head = ''
      }
      const last = tail[tailLength - 1] ?? 0
      if (head === '' || last === 0) head = prefix + tail.slice(0, -1).map(toDigit).join('')
      return head + toDigit(last)
    },
  }
}

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const toDigit = (digit: number): string => alphabet.charAt(digit)
const timeLength = 10
const tailLength = 16

/** @returns false when every digit was already at its highest (or there is none yet) */
function increment(digits: number[]): boolean {
  for (let index = digits.length - 1; index >= 0; index -= 1) {
    const digit = digits[index] ?? 0
    if (digit < 31) {
      digits[index] = digit + 1
      return true
    }
    digits[index] = 0
  }
  return false
}

function toBase32(value: number, length: number): string {
  let text = ''
  let rest = value
  for (let index = 0; index < length; index += 1) {
    text = alphabet.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  return text
}
