import {
  type GraphQLLeafType,
  type GraphQLOutputType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql'
import { type DataObject, isDataObject } from './data.ts'
import { createCompleteLeaf } from './leaf.ts'
import {
  closeOutput,
  type Output,
  repeatBytes,
  takeBytes,
  writeByte,
  writeBytes,
  writeJson,
  writeNumber,
  writeString,
} from './output.ts'
import type { Shape, ShapeField, Shapes } from './shape.ts'

export type TextOutput = Output & {
  /** Set when anything was not as the schema has it: the text is then thrown away and the careful writer runs. */
  isViolated: boolean
  /** What stands in several places; undefined: nothing does. */
  readonly shared: ReadonlySet<object> | undefined
  /**
   * Where what is shared and already written stands in the text, by the field that writes it: an entity that stands in ten
   * places is written once and copied.
   */
  readonly memos: Map<object, Map<object, Written>>
  /** Told where the value of each field stands; undefined: nobody asks. */
  readonly noteField: NoteField | undefined
}

/** @param key in the merged data @param write writes another value of the field */
export type NoteField = (object: DataObject, key: string, at: Written, write: Write) => void

/** Of a text, in bytes. */
export type Written = { readonly start: number; readonly end: number }

export type Write = (value: unknown, output: TextOutput) => void

/**
 * @param shared what stands in several places
 * @param noteField is told of every field if nothing is shared
 * @returns JSON text; undefined when the data is not as the schema has it
 */
export type WriteData = (
  data: DataObject,
  shared: ReadonlySet<object> | undefined,
  noteField?: NoteField,
) => string | undefined

/** For a text begun now. In one literal: joined from two, optimized code took it for something else each time (V8 11.3). */
export const beginText = (shared?: ReadonlySet<object>, noteField?: NoteField): TextOutput => ({
  bytes: takeBytes(),
  at: 0,
  isAscii: true,
  isViolated: false,
  shared,
  memos: shared === undefined ? noMemos : new Map(),
  noteField,
})

/** Compiles the client's shape to closures that go from merged data straight to JSON text. */
export const createWriteData = (shapes: Shapes): WriteData => {
  const write = createWriteComposite(shapes)
  return (data, shared, noteField) => {
    const output = beginText(shared, noteField)
    write(data, output)
    const text = closeOutput(output)
    return output.isViolated ? undefined : text
  }
}

const noMemos: TextOutput['memos'] = new Map()

const createWriteComposite = (shapes: Shapes): Write => {
  if (shapes.only !== undefined) {
    const write = createWriteObject(shapes.only)
    return (value, output) => {
      if (isDataObject(value)) write(value, output)
      else output.isViolated = true
    }
  }
  const writers = new Map<Shape, WriteObject>()
  return (value, output) => {
    const shape = isDataObject(value) ? shapes.of(value) : undefined
    if (shape === undefined || !isDataObject(value)) {
      output.isViolated = true
      return
    }
    let write = writers.get(shape)
    if (write === undefined) {
      write = createWriteObject(shape)
      writers.set(shape, write)
    }
    write(value, output)
  }
}

type WriteObject = (object: DataObject, output: TextOutput) => void

const createWriteObject = (shape: Shape): WriteObject => {
  // Made at first use: shapes may be as deep as the operation, and most fields of an answer are met at once or never.
  let writers: WriteObject[] | undefined
  return (object, output) => {
    writers ??= shape.fields.map((field, index) => createWriteField(field, shape, index === 0 ? '' : ','))
    writeByte(output, openBrace)
    for (let index = 0; index < writers.length; index++) writers[index]?.(object, output)
    writeByte(output, closeBrace)
  }
}

const createWriteField = (field: ShapeField, shape: Shape, separator: string): WriteObject => {
  const head = `${separator}${JSON.stringify(field.key)}:`
  const { from } = field
  if (field.kind === 'typename') return createWriteConstant(shape.typeName, head)
  const headBytes = Buffer.from(head)
  if (field.kind === 'introspection') {
    return (object, output) => {
      writeBytes(output, headBytes)
      writeJson(output, JSON.stringify(object[from] ?? null))
    }
  }
  const isNullable = !isNonNullType(field.type)
  const writeValue = createWriteValue(isNonNullType(field.type) ? field.type.ofType : field.type, field.shapes)
  const write = field.shapes === undefined ? writeValue : remembering(writeValue)
  const whenNull = Buffer.from(`${head}null`)
  return (object, output) => {
    const value = object[from]
    if (value === null || value === undefined) {
      if (isNullable) {
        writeBytes(output, whenNull)
        output.noteField?.(object, from, { start: output.at - nullBytes.length, end: output.at }, write)
      } else output.isViolated = true
      return
    }
    writeBytes(output, headBytes)
    const start = output.at
    write(value, output)
    output.noteField?.(object, from, { start, end: output.at }, write)
  }
}

const createWriteConstant = (value: string | undefined, head: string): WriteObject => {
  const bytes = Buffer.from(head + JSON.stringify(value ?? null))
  return (_object, output) => {
    if (value === undefined) output.isViolated = true
    else writeBytes(output, bytes)
  }
}

/** Measured on the benchmark's nested query: 0.87 CPU-ms without, see docs/decisions/012-executor-text.md. */
const remembering = (write: Write): Write => {
  const self = {}
  return (value, output) => {
    const { shared, memos } = output
    if (shared === undefined || typeof value !== 'object' || value === null || !shared.has(value)) {
      write(value, output)
      return
    }
    let memo = memos.get(self)
    if (memo === undefined) {
      memo = new Map()
      memos.set(self, memo)
    }
    const known = memo.get(value)
    if (known !== undefined) {
      repeatBytes(output, known.start, known.end)
      return
    }
    const start = output.at
    write(value, output)
    memo.set(value, { start, end: output.at })
  }
}

/** Writes a value known not to be null; `type` is nullable. */
const createWriteValue = (type: GraphQLOutputType, shapes: Shapes | undefined): Write => {
  if (isListType(type)) return createWriteList(type.ofType, shapes)
  if (isLeafType(type)) return createWriteLeaf(type)
  return shapes === undefined ? violate : createWriteComposite(shapes)
}

const createWriteList = (type: GraphQLOutputType, shapes: Shapes | undefined): Write => {
  const isNullable = !isNonNullType(type)
  const writeElement = createWriteValue(isNonNullType(type) ? type.ofType : type, shapes)
  const write = shapes === undefined ? writeElement : remembering(writeElement)
  return (value, output) => {
    if (!Array.isArray(value)) {
      output.isViolated = true
      return
    }
    writeByte(output, openBracket)
    for (let index = 0; index < value.length; index++) {
      if (index > 0) writeByte(output, comma)
      const element: unknown = value[index]
      if (element !== null && element !== undefined) write(element, output)
      else if (isNullable) writeBytes(output, nullBytes)
      else output.isViolated = true
    }
    writeByte(output, closeBracket)
  }
}

const createWriteLeaf = (type: GraphQLLeafType): Write => {
  if (isEnumType(type)) {
    const texts = new Map<unknown, Buffer>(type.getValues().map(({ name }) => [name, Buffer.from(`"${name}"`)]))
    return (value, output) => {
      const text = texts.get(value)
      if (text === undefined) output.isViolated = true
      else writeBytes(output, text)
    }
  }
  const complete = createCompleteLeaf(type)
  if (type.name === 'String' || type.name === 'ID') {
    return (value, output) => {
      if (typeof value === 'string') writeString(output, value)
      else general(value, output)
    }
  }
  return general

  function general(value: unknown, output: TextOutput): void {
    const completed = complete(value)
    if (completed === undefined) output.isViolated = true
    else if (typeof completed === 'number') writeNumber(output, completed)
    else if (typeof completed === 'string') writeString(output, completed)
    else writeJson(output, JSON.stringify(completed))
  }
}

const violate: Write = (_value, output) => {
  output.isViolated = true
}

const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const comma = 0x2c
const nullBytes = Buffer.from('null')
