import { type GraphQLOutputType, isLeafType, isListType, isNonNullType } from 'graphql'
import { type DataObject, isDataObject } from './data.ts'
import { createCompleteLeaf } from './leaf.ts'
import type { ResponsePath } from './places.ts'
import type { Shape, Shapes } from './shape.ts'

/** A null or a value that the schema does not allow where it was found. */
export type Violation = { readonly path: ResponsePath; readonly message: string }

/**
 * Gives the client's data as objects, nulls propagated, every violation told with its path. The careful twin of
 * `write-text.ts`: it runs when objects are asked for, or when the text writer met a violation.
 */
export const completeData = (
  data: DataObject,
  shapes: Shapes,
): { readonly data: DataObject | null; readonly violations: readonly Violation[] } => {
  const violations: Violation[] = []
  const completed = completeObject(data, shapes, [], violations)
  return { data: isDataObject(completed) ? completed : null, violations }
}

/** @returns undefined when the null has to go to the parent */
const completeValue = (
  value: unknown,
  type: GraphQLOutputType,
  shapes: Shapes | undefined,
  path: ResponsePath,
  where: string,
  violations: Violation[],
): unknown => {
  if (isNonNullType(type)) {
    if (value === null || value === undefined) {
      violations.push({ path, message: `Cannot return null for non-nullable field ${where}` })
      return undefined
    }
    const completed = completeValue(value, type.ofType, shapes, path, where, violations)
    return completed === null ? undefined : completed
  }
  if (value === null || value === undefined) return null
  if (isListType(type)) return completeList(value, type.ofType, shapes, path, where, violations)
  if (isLeafType(type)) {
    const completed = createCompleteLeaf(type)(value)
    if (completed !== undefined) return completed
    violations.push({ path, message: `Cannot return field ${where}: its value is none of type ${type.name}` })
    return null
  }
  if (shapes === undefined || !isDataObject(value)) {
    violations.push({ path, message: `Cannot return field ${where}: its value is not an object` })
    return null
  }
  return completeObject(value, shapes, path, violations) ?? null
}

const completeList = (
  value: unknown,
  type: GraphQLOutputType,
  shapes: Shapes | undefined,
  path: ResponsePath,
  where: string,
  violations: Violation[],
): unknown => {
  if (!Array.isArray(value)) {
    violations.push({ path, message: `Cannot return field ${where}: its value is not a list` })
    return null
  }
  const elements = value.map((element: unknown, index) =>
    completeValue(element, type, shapes, [...path, index], where, violations),
  )
  return elements.includes(undefined) ? null : elements
}

const completeObject = (
  value: DataObject,
  shapes: Shapes,
  path: ResponsePath,
  violations: Violation[],
): DataObject | undefined => {
  const shape = shapes.of(value)
  if (shape === undefined) {
    violations.push({ path, message: `Cannot return object: its type is not one of ${shapes.declared.name}` })
    return undefined
  }
  const completed: DataObject = {}
  let isWhole = true
  for (const field of shape.fields) {
    const where = `${shape.typeName ?? shapes.declared.name}.${field.name}`
    const fieldPath = [...path, field.key]
    const found = fieldValue(value, shape, field)
    const kept =
      field.kind === 'introspection'
        ? found
        : completeValue(found, field.type, field.shapes, fieldPath, where, violations)
    if (kept === undefined) isWhole = false
    else define(completed, field.key, kept)
  }
  return isWhole ? completed : undefined
}

const fieldValue = (value: DataObject, shape: Shape, field: Shape['fields'][number]): unknown =>
  field.kind === 'typename' ? shape.typeName : value[field.from]

const define = (object: DataObject, key: string, value: unknown): void => {
  if (key !== '__proto__') object[key] = value
  else Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
}
