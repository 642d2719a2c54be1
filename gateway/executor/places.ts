import { type DataObject, isDataObject } from './data.ts'
import type { DataPath } from './plan.ts'

export type ResponsePath = readonly (string | number)[]

/** Whether an object of type `typeName` satisfies a condition on `condition`. */
export type IsOfType = (typeName: string, condition: string) => boolean

/** Appends every object at `path` under `value` to `found`, in order, the same object as often as it is met. */
export const collectObjects = (
  value: unknown,
  path: DataPath,
  index: number,
  isOfType: IsOfType,
  found: DataObject[],
): void => {
  if (value === null || value === undefined) return
  if (Array.isArray(value)) {
    // A list is entered even where the path does not say so: planners leave the last `@` out at times.
    const next = path[index]?.kind === 'list' ? index + 1 : index
    for (let at = 0; at < value.length; at++) collectObjects(value[at], path, next, isOfType, found)
    return
  }
  if (!isDataObject(value)) return
  const step = path[index]
  if (step === undefined) found.push(value)
  else if (step.kind === 'key') collectObjects(value[step.name], path, index + 1, isOfType, found)
  else if (step.kind === 'types' && passes(value, step.names, isOfType)) {
    collectObjects(value, path, index + 1, isOfType, found)
  }
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
