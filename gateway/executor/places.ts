import { type DataObject, isDataObject } from './data.ts'
import type { DataPath } from './plan.ts'

export type ResponsePath = readonly (string | number)[]

/** Whether an object of type `typeName` satisfies a condition on `condition`. */
export type IsOfType = (typeName: string, condition: string) => boolean

/** Told every object at a path, in order; gives what stands there from now on: mostly the object itself. */
export type Visit = (object: DataObject) => DataObject

/** What stands in several places, and what of it a walk has been in, each with what stands there from then on. */
export type Entered = { readonly shared: ReadonlySet<object>; readonly before: Map<object, object> }

/**
 * Visits every object at `path` under `value`.
 *
 * @param entered when given, what stands in several places is entered once only
 * @returns what is to stand in the place of `value`
 */
export const visitObjects = (
  value: unknown,
  path: DataPath,
  index: number,
  isOfType: IsOfType,
  visit: Visit,
  entered?: Entered,
): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    if (entered?.shared.has(value)) {
      if (entered.before.has(value)) return value
      entered.before.set(value, value)
    }
    // A list is entered even where the path does not say so: planners leave the last `@` out at times.
    const next = path[index]?.kind === 'list' ? index + 1 : index
    for (let at = 0; at < value.length; at++) {
      const element: unknown = value[at]
      const stays = visitObjects(element, path, next, isOfType, visit, entered)
      if (stays !== element) value[at] = stays
    }
    return value
  }
  if (!isDataObject(value)) return value
  let object = value
  let holder: DataObject | undefined
  let key = ''
  for (let at = index; at < path.length; at++) {
    const step = path[at]
    if (step === undefined || step.kind === 'list') return value
    if (step.kind === 'types') {
      if (!passes(object, step.names, isOfType)) return value
      continue
    }
    const next = object[step.name]
    if (typeof next !== 'object' || next === null) return value
    if (Array.isArray(next)) {
      visitObjects(next, path, at + 1, isOfType, visit, entered)
      return value
    }
    if (!isDataObject(next)) return value
    holder = object
    key = step.name
    object = next
  }
  const stays = visitOnce(object, visit, entered)
  if (holder === undefined) return stays
  if (stays !== object) holder[key] = stays
  return value
}

const visitOnce = (object: DataObject, visit: Visit, entered: Entered | undefined): object => {
  if (!entered?.shared.has(object)) return visit(object)
  const known = entered.before.get(object)
  if (known !== undefined) return known
  const stays = visit(object)
  entered.before.set(object, stays)
  return stays
}

export const collectObjects = (value: unknown, path: DataPath, isOfType: IsOfType): DataObject[] => {
  const found: DataObject[] = []
  visitObjects(value, path, 0, isOfType, (object) => {
    found.push(object)
    return object
  })
  return found
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
