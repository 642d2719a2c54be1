/**
 * JSON put together as bytes. Strings joined piece by piece become a tree that has to be walked twice more, for its length
 * and for the socket: see docs/decisions/012-executor-text.md.
 */
export type Output = {
  bytes: Buffer
  /** How many are written. */
  at: number
  isAscii: boolean
}

const firstBytes = 65_536
/** Larger ones are not kept for the next answer. */
const mostKeptBytes = 1_048_576

let spare: Buffer | undefined

/** For a new output, whoever makes it closes it before anything else is waited for. */
export const takeBytes = (): Buffer => {
  const bytes = spare ?? Buffer.allocUnsafeSlow(firstBytes)
  spare = undefined
  return bytes
}

/** @returns what was written */
export const closeOutput = ({ bytes, at, isAscii }: Output): string => {
  if (bytes.length <= mostKeptBytes) spare = bytes
  return bytes.toString(isAscii ? 'latin1' : 'utf8', 0, at)
}

export const writeByte = (output: Output, byte: number): void => {
  if (output.at === output.bytes.length) grow(output, 1)
  output.bytes[output.at++] = byte
}

/** @param ascii few: a loop is faster than a call for them */
export const writeBytes = (output: Output, ascii: Uint8Array): void => {
  const { length } = ascii
  if (output.at + length > output.bytes.length) grow(output, length)
  const { bytes } = output
  let { at } = output
  for (let index = 0; index < length; index++) bytes[at++] = ascii[index] ?? 0
  output.at = at
}

/** Some of a text written before. */
export const writeRange = (output: Output, text: Uint8Array, start: number, end: number): void => {
  if (output.at + end - start > output.bytes.length) grow(output, end - start)
  const { bytes } = output
  let { at } = output
  for (let index = start; index < end; index++) bytes[at++] = text[index] ?? 0
  output.at = at
}

/** Writes again what was written from `start` to `end`. */
export const repeatBytes = (output: Output, start: number, end: number): void => {
  const length = end - start
  if (output.at + length > output.bytes.length) grow(output, length)
  output.bytes.copyWithin(output.at, start, end)
  output.at += length
}

/** @param json without lone surrogates */
export const writeJson = (output: Output, json: string): void => {
  if (output.at + json.length * 3 > output.bytes.length) grow(output, json.length * 3)
  const written = output.bytes.write(json, output.at, 'utf8')
  if (written !== json.length) output.isAscii = false
  output.at += written
}

const quotation = 0x22
const backslash = 0x5c
const loopChars = 64

/** Writes a string as JSON has it. Short ones in one loop that looks, escapes and copies. */
export const writeString = (output: Output, text: string): void => {
  const { length } = text
  if (length > loopChars) {
    writeLongString(output, text)
    return
  }
  if (output.at + length * 2 + 2 > output.bytes.length) grow(output, length * 2 + 2)
  const { bytes } = output
  let { at } = output
  bytes[at++] = quotation
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code > 0x7e) {
      writeLongString(output, text)
      return
    }
    if (code === quotation || code === backslash) bytes[at++] = backslash
    bytes[at++] = code
  }
  bytes[at++] = quotation
  output.at = at
}

const writeLongString = (output: Output, text: string): void =>
  writeJson(output, needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`)

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has them escaped
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/

export const writeNumber = (output: Output, value: number): void => {
  if (!(value >= 0 && value < 1e9 && Number.isInteger(value))) {
    writeJson(output, JSON.stringify(value))
    return
  }
  let digits = 1
  for (let limit = 10; value >= limit; limit *= 10) digits += 1
  if (output.at + digits > output.bytes.length) grow(output, digits)
  const { bytes } = output
  let rest = value | 0
  for (let place = output.at + digits - 1; place >= output.at; place--) {
    const tens = (rest / 10) | 0
    bytes[place] = 0x30 + rest - tens * 10
    rest = tens
  }
  output.at += digits
}

const grow = (output: Output, needed: number): void => {
  const larger = Buffer.allocUnsafeSlow(Math.max(output.bytes.length * 2, output.at + needed))
  output.bytes.copy(larger, 0, 0, output.at)
  output.bytes = larger
}
