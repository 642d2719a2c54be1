import type { SharedValue } from './shared-tier.ts'

const dateTag = '$storeloom:date'
const bigintTag = '$storeloom:bigint'

/** JSON that keeps the two kinds of value SQL rows have beyond it: dates and bigints. */
export function encodeShared({ value, readAtMs }: SharedValue): string {
  return JSON.stringify({ readAtMs, value }, function (this: Record<string, unknown>, name, given: unknown) {
    // JSON.stringify has turned a Date into text by now; the holder still has it.
    const held = this[name]
    if (held instanceof Date) return { [dateTag]: held.getTime() }
    return typeof given === 'bigint' ? { [bigintTag]: given.toString() } : given
  })
}

/** @returns null when the text is not what `encodeShared` writes. */
export function decodeShared(text: string): SharedValue | null {
  try {
    const read: unknown = JSON.parse(text, revive)
    if (typeof read !== 'object' || read === null || !('value' in read) || !('readAtMs' in read)) return null
    return typeof read.readAtMs === 'number' ? { value: read.value, readAtMs: read.readAtMs } : null
  } catch {
    return null
  }
}

function revive(_name: string, given: unknown): unknown {
  if (typeof given !== 'object' || given === null) return given
  if (dateTag in given) return new Date(Number(given[dateTag]))
  if (bigintTag in given) return BigInt(String(given[bigintTag]))
  return given
}
