/** An object of a subgraph's answer: plain JSON that belongs to the executor, which merges into it. */
export type DataObject = { __typename?: unknown; [key: string]: unknown }

export const isDataObject = (value: unknown): value is DataObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Gives what a target gets of a nested object or list that it takes over. */
export type TakeOver = (value: object) => unknown

/**
 * Adds what `source` knows to `target`, in place. What is known is never replaced by null, so two subgraphs may
 * answer different parts of one object; nested objects of `source` are taken over as `takeOver` says, by default as they are.
 */
export type Merge = (target: DataObject, source: DataObject, takeOver?: TakeOver) => void

/** @param isInterface whether a name is an interface's: what an interface object calls itself hides no real type */
export const createMerge = (isInterface: (typeName: unknown) => boolean): Merge => {
  const merge: Merge = (target, source, takeOver) => {
    for (const key in source) {
      const value = source[key]
      // Assigning to `__proto__` would replace the prototype; no field or key of ours has that name.
      if (value === undefined || key === '__proto__') continue
      const known = target[key]
      if (known === undefined || known === null) target[key] = taken(value, takeOver)
      else if (typeof known === 'object') mergeNested(target, key, known, value, takeOver)
      else if (value !== null && known !== value && !(key === '__typename' && isInterface(value))) {
        target[key] = taken(value, takeOver)
      }
    }
  }

  const mergeNested = (
    target: DataObject,
    key: string,
    known: object,
    value: unknown,
    takeOver: TakeOver | undefined,
  ): void => {
    if (typeof value !== 'object' || value === null || known === value) return
    if (Array.isArray(known)) {
      if (Array.isArray(value) && value.length === known.length) mergeLists(known, value, takeOver)
    } else if (Array.isArray(value)) target[key] = taken(value, takeOver)
    else if (isDataObject(known) && isDataObject(value)) merge(known, value, takeOver)
  }

  const mergeLists = (known: unknown[], value: readonly unknown[], takeOver: TakeOver | undefined): void => {
    for (let index = 0; index < value.length; index++) {
      const left = known[index]
      const right = value[index]
      if (right === undefined || right === null || left === right) continue
      if (Array.isArray(left) && Array.isArray(right)) {
        if (left.length === right.length) mergeLists(left, right, takeOver)
      } else if (isDataObject(left) && isDataObject(right)) merge(left, right, takeOver)
      else known[index] = taken(right, takeOver)
    }
  }

  return merge
}

const taken = (value: unknown, takeOver: TakeOver | undefined): unknown =>
  takeOver === undefined || typeof value !== 'object' || value === null ? value : takeOver(value)

/** A copy that shares no object with `value`. */
export const copyData = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copyData)
  const copy: DataObject = {}
  if (isDataObject(value)) for (const key in value) copy[key] = copyData(value[key])
  return copy
}
