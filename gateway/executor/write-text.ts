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
import type { Shape, ShapeField, Shapes } from './shape.ts'

/** Set when anything was not as the schema has it: the text is then thrown away and the careful writer runs. */
export type TextState = {
  isViolated: boolean
  /**
   * Texts of objects already written, by the field that writes them: an entity that stands in ten places is written
   * once. Undefined when no answer went to several places.
   */
  readonly memos: Map<object, Map<object, string>> | undefined
}

export const createTextState = (isShared: boolean): TextState => ({
  isViolated: false,
  memos: isShared ? new Map() : undefined,
})

/** JSON text of a value, or undefined when a null has to go to the parent. */
type Write = (value: unknown, state: TextState) => string | undefined

export type WriteData = (data: DataObject, state: TextState) => string

/** Compiles the client's shape to closures that go from merged data straight to JSON text. */
export const createWriteData = (shapes: Shapes): WriteData => {
  const write = createWriteComposite(shapes)
  return (data, state) => write(data, state) ?? 'null'
}

const createWriteComposite = (shapes: Shapes): Write => {
  if (shapes.only !== undefined) {
    const write = createWriteObject(shapes.only)
    return (value, state) => (isDataObject(value) ? write(value, state) : violated(state))
  }
  const writers = new Map<Shape, WriteObject>()
  return (value, state) => {
    if (!isDataObject(value)) return violated(state)
    const shape = shapes.of(value)
    if (shape === undefined) return violated(state)
    let write = writers.get(shape)
    if (write === undefined) {
      write = createWriteObject(shape)
      writers.set(shape, write)
    }
    return write(value, state)
  }
}

type WriteObject = (object: DataObject, state: TextState) => string | undefined

const createWriteObject = (shape: Shape): WriteObject => {
  // Made at first use: shapes may be as deep as the operation, and most fields of an answer are met at once or never.
  let writers: WriteObject[] | undefined
  return (object, state) => {
    writers ??= shape.fields.map((field, index) => createWriteField(field, shape, index === 0 ? '' : ','))
    let text = '{'
    let isWhole = true
    for (let index = 0; index < writers.length; index++) {
      const part = writers[index]?.(object, state)
      if (part === undefined) isWhole = false
      else text += part
    }
    return isWhole ? `${text}}` : undefined
  }
}

const createWriteField = (field: ShapeField, shape: Shape, separator: string): WriteObject => {
  const head = `${separator}${JSON.stringify(field.key)}:`
  const { from } = field
  if (field.kind === 'typename') {
    const text = shape.typeName === undefined ? undefined : head + JSON.stringify(shape.typeName)
    return (_object, state) => text ?? violated(state)
  }
  if (field.kind === 'introspection') return (object) => head + JSON.stringify(object[from] ?? null)
  const isNullable = !isNonNullType(field.type)
  const writeValue = createWriteValue(isNonNullType(field.type) ? field.type.ofType : field.type, field.shapes)
  const write = field.shapes === undefined ? writeValue : remembering(writeValue)
  const whenNull = isNullable ? `${head}null` : undefined
  return (object, state) => {
    const value = object[from]
    if (value === null || value === undefined) return whenNull ?? violated(state)
    const text = write(value, state)
    return text === undefined ? whenNull : head + text
  }
}

/** Measured on the benchmark's nested query: 0.87 CPU-ms without, see docs/decisions/012-executor-text.md. */
const remembering = (write: Write): Write => {
  const self = {}
  return (value, state) => {
    const { memos } = state
    if (memos === undefined || typeof value !== 'object' || value === null) return write(value, state)
    let memo = memos.get(self)
    if (memo === undefined) {
      memo = new Map()
      memos.set(self, memo)
    }
    const known = memo.get(value)
    if (known !== undefined) return known
    const text = write(value, state)
    if (text !== undefined) memo.set(value, text)
    return text
  }
}

/** Writes a value known not to be null; `type` is nullable. Undefined: null. */
const createWriteValue = (type: GraphQLOutputType, shapes: Shapes | undefined): Write => {
  if (isListType(type)) return createWriteList(type.ofType, shapes)
  if (isLeafType(type)) return createWriteLeaf(type)
  return shapes === undefined ? (_value, state) => violated(state) : createWriteComposite(shapes)
}

const createWriteList = (type: GraphQLOutputType, shapes: Shapes | undefined): Write => {
  const isNullable = !isNonNullType(type)
  const write = createWriteValue(isNonNullType(type) ? type.ofType : type, shapes)
  return (value, state) => {
    if (!Array.isArray(value)) return violated(state)
    let text = '['
    for (let index = 0; index < value.length; index++) {
      const element: unknown = value[index]
      let part: string | undefined
      if (element === null || element === undefined) {
        if (!isNullable) state.isViolated = true
      } else part = write(element, state)
      if (part === undefined && !isNullable) return undefined
      text += index === 0 ? (part ?? 'null') : `,${part ?? 'null'}`
    }
    return `${text}]`
  }
}

const createWriteLeaf = (type: GraphQLLeafType): Write => {
  if (isEnumType(type)) {
    const texts = new Map<unknown, string>(type.getValues().map(({ name }) => [name, `"${name}"`]))
    return (value, state) => texts.get(value) ?? violated(state)
  }
  const complete = createCompleteLeaf(type)
  if (type.name === 'String' || type.name === 'ID') {
    return (value, state) => (typeof value === 'string' ? quote(value) : general(value, state))
  }
  // The objects of a list often share a moment, a currency, a unit.
  let last: { readonly value: string; readonly text: string } | undefined
  return (value, state) => {
    if (typeof value !== 'string') return general(value, state)
    if (value !== last?.value) {
      const text = general(value, state)
      if (text === undefined) return undefined
      last = { value, text }
    }
    return last.text
  }

  function general(value: unknown, state: TextState): string | undefined {
    const completed = complete(value)
    if (completed === undefined) return violated(state)
    if (typeof completed === 'string') return quote(completed)
    return typeof completed === 'number' || typeof completed === 'boolean'
      ? String(completed)
      : JSON.stringify(completed)
  }
}

/** Most strings need no escape: seeing that and quoting takes 73 ns where JSON.stringify takes 95. */
const quote = (text: string): string => (needsEscape.test(text) ? JSON.stringify(text) : `"${text}"`)

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has them escaped
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/

const violated = (state: TextState): undefined => {
  state.isViolated = true
  return undefined
}
