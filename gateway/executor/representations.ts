import { copyData, createMerge, type DataObject, isDataObject } from './data.ts'

import type { IsOfType } from './places.ts'
import type { RequiredSelection, Rewrite } from './plan.ts'
import { applyRewrites } from './rewrites.ts'

/** What a subgraph needs to know to look an object up. */
export type Represent = {
  /**
   * A value that is equal for two objects exactly when their representations are; undefined when only the text can
   * tell. Spares writing the text of an entity that is met again.
   */
  keyOf(object: DataObject): unknown
  /** Of an object that has a key: whether it holds nothing but its type and that key, so that equal keys are equal objects. */
  isKeyAlone(object: DataObject): boolean
  /**
   * As JSON text, or undefined when the object is not of the asked type or lacks a part (the error of that part is told
   * where it happened).
   */
  textOf(object: DataObject, variables: Readonly<Record<string, unknown>>): string | undefined
  /** Of an object that has a key: what JSON would read in the text, as an object of its own. */
  entityOf(object: DataObject): unknown
}

/**
 * Text is made at once, per runtime type: it is both what is sent and the key of de-duplication. Representations with
 * rewrites below the top or under conditions are rare and take the longer way over objects.
 */
export const createRepresent = (
  requires: readonly RequiredSelection[],
  rewrites: readonly Rewrite[],
  isOfType: IsOfType,
): Represent => {
  if (!isPlain(requires, rewrites)) {
    const textOf = createSlowRepresent(requires, rewrites, isOfType)
    return { keyOf: noKey, isKeyAlone: hasTwoKeys, textOf, entityOf: () => undefined }
  }
  const perType = new Map<string, Writer | undefined>()
  const writerOf = ({ __typename: typeName }: DataObject): Writer | undefined => {
    if (typeof typeName !== 'string') return undefined
    const known = perType.get(typeName)
    if (known !== undefined || perType.has(typeName)) return known
    const writer = createWriter(typeName, requires, rewrites, isOfType)
    // What a subgraph calls its types is outside our hands.
    if (perType.size < maxTypes) perType.set(typeName, writer)
    return writer
  }
  return {
    keyOf: createKeyOf(requires),
    isKeyAlone: hasTwoKeys,
    textOf: (object) => writerOf(object)?.text(object),
    entityOf: (object) => writerOf(object)?.value(object),
  }
}

const parseText = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text))

const maxTypes = 1000

/** The commonest of all: one type, one key field. Its value is the key; a string is no number's, as in JSON. */
const createKeyOf = (requires: readonly RequiredSelection[]): ((object: DataObject) => unknown) => {
  const [fragment] = requires
  if (requires.length !== 1 || fragment?.kind !== 'fragment') return noKey
  const fields = fragment.selections.filter((selection) => selection.kind !== 'field' || selection.to !== '__typename')
  const [field] = fields
  if (fields.length !== 1 || field?.kind !== 'field' || field.selections !== undefined) return noKey
  const { from } = field
  if (from === '__typename') return noKey
  let only: unknown
  return (object) => {
    // Of an abstract type several types may come, with the same key values: then the text decides.
    if (object.__typename !== only) {
      if (only !== undefined) return undefined
      only = object.__typename
    }
    const value = object[from]
    return typeof value === 'string' ? value : undefined
  }
}

const hasTwoKeys = (object: DataObject): boolean => {
  let count = 0
  for (const _key in object) count += 1
  return count === 2
}

const noKey = (): undefined => undefined

type WriteText = (object: DataObject) => string | undefined
type Writer = { readonly text: WriteText; value(object: DataObject): unknown }
type Field = Extract<RequiredSelection, { kind: 'field' }>

const createWriter = (
  typeName: string,
  requires: readonly RequiredSelection[],
  rewrites: readonly Rewrite[],
  isOfType: IsOfType,
): Writer | undefined => {
  const fields = fieldsOf(typeName, requires, isOfType)
  if (!fields.some((field) => field.to === '__typename')) return undefined
  const set = rewrites.findLast(
    (rewrite) => rewrite.kind === 'set' && rewrite.path.every((step) => isTypeStep(step, typeName, isOfType)),
  )
  const sentType = set?.kind === 'set' ? set.value : typeName
  const sent = fields.filter((field) => field.to !== '__typename')
  const rest = sent.map(toFieldWriter)
  const head = `{"__typename":${JSON.stringify(sentType)}`
  const text: WriteText = (object) => {
    let text = head
    for (let index = 0; index < rest.length; index++) {
      const part = rest[index]?.(object)
      if (part === undefined) return undefined
      text += part
    }
    return `${text}}`
  }
  const [key] = sent
  if (sent.length !== 1 || key === undefined || key.to === '__proto__') {
    return { text, value: (object) => parseText(text(object)) }
  }
  const { from, to } = key
  return {
    text,
    value(object) {
      const value = object[from]
      return typeof value === 'string' ? { __typename: sentType, [to]: value } : parseText(text(object))
    },
  }
}

const toFieldWriter = (field: Field): WriteText => {
  const { from, selections } = field
  const head = `,${JSON.stringify(field.to)}:`
  if (selections === undefined) {
    return (object) => {
      const value = object[from]
      return value === undefined ? undefined : head + (Number.isSafeInteger(value) ? value : JSON.stringify(value))
    }
  }
  const nested = selections.filter((selection) => selection.kind === 'field')
  const parts = nested.map(toFieldWriter)
  const write = (value: unknown): string | undefined => {
    if (value === null) return 'null'
    if (Array.isArray(value)) {
      const elements = value.map(write)
      return elements.includes(undefined) ? undefined : `[${elements.join(',')}]`
    }
    if (!isDataObject(value)) return undefined
    let text = ''
    for (const part of parts) {
      const written = part(value)
      if (written === undefined) return undefined
      text += written
    }
    return `{${text.slice(1)}}`
  }
  return (object) => {
    const written = write(object[from])
    return written === undefined ? undefined : head + written
  }
}

/** The fields that apply to an object type, fragments opened, selections of the same key joined. */
const fieldsOf = (typeName: string, selections: readonly RequiredSelection[], isOfType: IsOfType): Field[] => {
  const fields = new Map<string, Field>()
  const visit = (selection: RequiredSelection): void => {
    if (selection.kind === 'fragment') {
      if (selection.on === undefined || isOfType(typeName, selection.on)) selection.selections.forEach(visit)
      return
    }
    const known = fields.get(selection.to)
    const joined = known?.selections && selection.selections && [...known.selections, ...selection.selections]
    fields.set(selection.to, joined === undefined ? selection : { ...selection, selections: joined })
  }
  selections.forEach(visit)
  return [...fields.values()]
}

const isPlain = (requires: readonly RequiredSelection[], rewrites: readonly Rewrite[]): boolean =>
  rewrites.every(
    (rewrite) =>
      rewrite.kind === 'set' && rewrite.key === '__typename' && rewrite.path.every((step) => step.kind === 'types'),
  ) && requires.every((selection) => isPlainSelection(selection, true))

const isPlainSelection = (selection: RequiredSelection, isTop: boolean): boolean => {
  if (selection.kind === 'fragment') {
    return (
      isTop &&
      selection.skipIf === undefined &&
      selection.includeIf === undefined &&
      selection.selections.every((child) => isPlainSelection(child, true))
    )
  }
  const nested = selection.selections
  return (
    nested === undefined ||
    (nested.every((child) => isPlainSelection(child, false)) &&
      new Set(nested.map((child) => (child.kind === 'field' ? child.to : ''))).size === nested.length)
  )
}

const isTypeStep = (step: Rewrite['path'][number], typeName: string, isOfType: IsOfType): boolean =>
  step.kind === 'types' && step.names.some((name) => isOfType(typeName, name))

const merge = createMerge(() => false)

const createSlowRepresent =
  (requires: readonly RequiredSelection[], rewrites: readonly Rewrite[], isOfType: IsOfType): Represent['textOf'] =>
  (object, variables) => {
    const select = (value: unknown, selections: readonly RequiredSelection[]): unknown => {
      if (Array.isArray(value)) {
        const elements = value.map((element) => select(element, selections))
        return elements.includes(undefined) ? undefined : elements
      }
      if (!isDataObject(value)) return value ?? null
      const selected: DataObject = {}
      return selections.every((selection) => take(value, selection, selected)) ? selected : undefined
    }
    const take = (value: DataObject, selection: RequiredSelection, into: DataObject): boolean => {
      if (selection.kind === 'field') {
        const found = value[selection.from]
        if (found === undefined) return false
        const nested = selection.selections === undefined ? copyData(found) : select(found, selection.selections)
        if (nested === undefined) return false
        merge(into, { [selection.to]: nested })
        return true
      }
      if (selection.skipIf !== undefined && variables[selection.skipIf] === true) return true
      if (selection.includeIf !== undefined && variables[selection.includeIf] !== true) return true
      const typeName = value.__typename
      const applies = selection.on === undefined || (typeof typeName === 'string' && isOfType(typeName, selection.on))
      return !applies || selection.selections.every((child) => take(value, child, into))
    }
    const selected = select(object, requires)
    if (!isDataObject(selected) || typeof selected.__typename !== 'string') return undefined
    applyRewrites(selected, rewrites, isOfType)
    return JSON.stringify(selected)
  }
