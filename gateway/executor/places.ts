import { type DataObject, isDataObject } from './data.ts'
import type { DataPath } from './plan.ts'

export type ResponsePath = readonly (string | number)[]

/** Whether an object of type `typeName` satisfies a condition on `condition`. */
export type IsOfType = (typeName: string, condition: string) => boolean

/**
 * Appends every object at `path` under `value` to `found`, in order.
 *
 * @param seen when given, what one answer shares between several places is entered once only
 */
export const collectObjects = (
  value: unknown,
  path: DataPath,
  index: number,
  isOfType: IsOfType,
  found: DataObject[],
  seen?: Set<object>,
): void => {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    if (seen !== undefined) {
      if (seen.has(value)) return
      seen.add(value)
    }
    // A list is entered even where the path does not say so: planners leave the last `@` out at times.
    const next = path[index]?.kind === 'list' ? index + 1 : index
    for (let at = 0; at < value.length; at++) collectObjects(value[at], path, next, isOfType, found, seen)
    return
  }
  if (!isDataObject(value)) return
  let object = value
  for (let at = index; at < path.length; at++) {
    const step = path[at]
    if (step === undefined || step.kind === 'list') return
    if (step.kind === 'types') {
      if (!passes(object, step.names, isOfType)) return
      continue
    }
    const next = object[step.name]
    if (typeof next !== 'object' || next === null) return
    if (Array.isArray(next)) {
      collectObjects(next, path, at + 1, isOfType, found, seen)
      return
    }
    if (!isDataObject(next)) return
    object = next
  }
  if (seen !== undefined) {
    if (seen.has(object)) return
    seen.add(object)
  }
  found.push(object)
}

/** The same walk, with where each object is. Only taken when there is an error to tell. */
export const collectPlaces = (
  value: unknown,
  path: DataPath,
  isOfType: IsOfType,
  places: Map<DataObject, ResponsePath[]>,
  at: ResponsePath = [],
  index = 0,
): void => {
  if (Array.isArray(value)) {
    const next = path[index]?.kind === 'list' ? index + 1 : index
    for (const [position, element] of value.entries()) {
      collectPlaces(element, path, isOfType, places, [...at, position], next)
    }
    return
  }
  if (!isDataObject(value)) return
  const step = path[index]
  if (step === undefined) {
    const known = places.get(value)
    if (known === undefined) places.set(value, [at])
    else known.push(at)
  } else if (step.kind === 'key') {
    collectPlaces(value[step.name], path, isOfType, places, [...at, step.name], index + 1)
  } else if (step.kind === 'types' && passes(value, step.names, isOfType)) {
    collectPlaces(value, path, isOfType, places, at, index + 1)
  }
}

const passes = (value: DataObject, names: readonly string[], isOfType: IsOfType): boolean => {
  const typeName = value.__typename
  // Planners ask for the type only where it can differ.
  return typeof typeName !== 'string' || names.some((name) => isOfType(typeName, name))
}
