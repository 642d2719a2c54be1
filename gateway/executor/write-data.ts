import { type GraphQLOutputType, isLeafType, isListType, isNonNullType } from 'graphql'
import { type DataObject, isDataObject } from './data.ts'
import { createCompleteLeaf } from './leaf.ts'
import type { ResponsePath } from './places.ts'
import type { DeferredShape, Shape, Shapes } from './shape.ts'

/** A null or a value that the schema does not allow where it was found. */
export type Violation = { readonly path: ResponsePath; readonly message: string }

/**
 * Gives the client's data as objects, nulls propagated, every violation told with its path. The careful twin of
 * `write-text.ts`: it runs when objects are asked for, or when the text writer met a violation.
 */
export const completeData = (data: DataObject, shapes: Shapes, path: ResponsePath = []): CompletedData => {
  const found: Found = { violations: [], deferred: [] }
  const completed = completeObject(data, shapes, path, found)
  return { data: completed ?? null, ...found }
}

export type CompletedData = {
  readonly data: DataObject | null
  readonly violations: readonly Violation[]
  /** What is to be told later, of objects that are in `data`. */
  readonly deferred: readonly DeferredObject[]
}

export type DeferredObject = {
  readonly shape: DeferredShape
  /** In the merged data. */
  readonly object: DataObject
  readonly path: ResponsePath
}

type Found = { readonly violations: Violation[]; readonly deferred: DeferredObject[] }

/** @returns undefined when the null has to go to the parent */
const completeValue = (
  value: unknown,
  type: GraphQLOutputType,
  shapes: Shapes | undefined,
  path: ResponsePath,
  where: string,
  found: Found,
): unknown => {
  if (isNonNullType(type)) {
    if (value === null || value === undefined) {
      found.violations.push({ path, message: `Cannot return null for non-nullable field ${where}` })
      return undefined
    }
    const completed = completeValue(value, type.ofType, shapes, path, where, found)
    return completed === null ? undefined : completed
  }
  if (value === null || value === undefined) return null
  if (isListType(type)) return completeList(value, type.ofType, shapes, path, where, found)
  if (isLeafType(type)) {
    const completed = createCompleteLeaf(type)(value)
    if (completed !== undefined) return completed
    found.violations.push({ path, message: `Cannot return field ${where}: its value is none of type ${type.name}` })
    return null
  }
  if (shapes === undefined || !isDataObject(value)) {
    found.violations.push({ path, message: `Cannot return field ${where}: its value is not an object` })
    return null
  }
  return completeObject(value, shapes, path, found) ?? null
}

const completeList = (
  value: unknown,
  type: GraphQLOutputType,
  shapes: Shapes | undefined,
  path: ResponsePath,
  where: string,
  found: Found,
): unknown => {
  if (!Array.isArray(value)) {
    found.violations.push({ path, message: `Cannot return field ${where}: its value is not a list` })
    return null
  }
  const deferredBefore = found.deferred.length
  const elements = value.map((element: unknown, index) =>
    completeValue(element, type, shapes, [...path, index], where, found),
  )
  if (!elements.includes(undefined)) return elements
  found.deferred.length = deferredBefore
  return null
}

const completeObject = (
  value: DataObject,
  shapes: Shapes,
  path: ResponsePath,
  found: Found,
): DataObject | undefined => {
  const shape = shapes.of(value)
  if (shape === undefined) {
    found.violations.push({ path, message: `Cannot return object: its type is not one of ${shapes.declared.name}` })
    return undefined
  }
  const completed: DataObject = {}
  const deferredBefore = found.deferred.length
  let isWhole = true
  for (const field of shape.fields) {
    const where = `${shape.typeName ?? shapes.declared.name}.${field.name}`
    const fieldPath = [...path, field.key]
    const given = fieldValue(value, shape, field)
    const kept =
      field.kind === 'introspection' ? given : completeValue(given, field.type, field.shapes, fieldPath, where, found)
    if (kept === undefined) isWhole = false
    else define(completed, field.key, kept)
  }
  if (!isWhole) {
    found.deferred.length = deferredBefore
    return undefined
  }
  for (const later of shape.deferred) found.deferred.push({ shape: later, object: value, path })
  return completed
}

const fieldValue = (value: DataObject, shape: Shape, field: Shape['fields'][number]): unknown =>
  field.kind === 'typename' ? shape.typeName : value[field.from]

const define = (object: DataObject, key: string, value: unknown): void => {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}
