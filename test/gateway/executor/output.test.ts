import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  closeOutput,
  type Output,
  repeatBytes,
  takeBytes,
  writeByte,
  writeBytes,
  writeNumber,
  writeString,
} from '../../../gateway/executor/output.ts'

const open = (): Output => ({ bytes: takeBytes(), at: 0, isAscii: true })
const written = (write: (output: Output) => void): string => {
  const output = open()
  write(output)
  return closeOutput(output)
}

const anyString = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 100 }),
  fc.string({ unit: 'binary-ascii', maxLength: 100 }),
  // Lone surrogates too, which JSON has escaped.
  fc.array(fc.nat(0xffff), { maxLength: 80 }).map((units) => String.fromCharCode(...units)),
)

test('writes strings and numbers as JSON.stringify does', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(anyString, fc.double(), fc.integer(), fc.constant(-0))), (values) => {
      const text = written((output) => {
        for (const value of values) typeof value === 'string' ? writeString(output, value) : writeNumber(output, value)
      })
      expect(text).toBe(values.map((value) => JSON.stringify(value)).join(''))
    }),
  )
})

test('holds whatever it is given, and copies what it holds', () => {
  const long = 'x'.repeat(50_000)
  const text = written((output) => {
    writeByte(output, 0x5b)
    for (let round = 0; round < 3; round++) {
      const start = output.at
      writeString(output, long)
      writeBytes(output, Buffer.from(',"e":'))
      writeNumber(output, 1_234_567)
      repeatBytes(output, start, output.at)
      repeatBytes(output, 0, 1)
    }
  })
  expect(text).toBe(`[${`${`"${long}","e":1234567`.repeat(2)}[`.repeat(3)}`)
})

test('keeps apart what two write at the same time, and what one writes after the other', () => {
  const first = open()
  const second = open()
  writeString(first, 'first')
  writeString(second, 'sécond')
  expect([closeOutput(first), closeOutput(second)]).toEqual(['"first"', '"sécond"'])
  expect(written((output) => writeString(output, 'third'))).toBe('"third"')
})
