/** What one deferred fragment adds to one object, as `deferSpec=20220824` has it. */
export type Incremental = {
  readonly data: unknown
  readonly path: readonly (string | number)[]
  readonly label?: string | undefined
  readonly errors?: readonly unknown[]
}

type Members = { [key: string]: unknown }

/** Adds parts to the first one as a client does: objects are joined, whatever else is replaced. */
export function mergeParts(initial: unknown, parts: readonly Incremental[]): unknown {
  let merged = structuredClone(initial)
  for (const { data, path } of parts) {
    if (data !== null) merged = mergeAt(merged, path, data)
  }
  return merged
}

function mergeAt(target: unknown, [step, ...rest]: readonly (string | number)[], data: unknown): unknown {
  if (step === undefined) return join(target, data)
  const holder = Array.isArray(target) ? target : isMembers(target) && Object.hasOwn(target, step) ? target : null
  if (holder === null) throw new TypeError(`Cannot add a part: nothing is at ${String(step)}`)
  Reflect.set(holder, step, mergeAt(Reflect.get(holder, step), rest, data))
  return holder
}

function join(known: unknown, given: unknown): unknown {
  if (Array.isArray(known) && Array.isArray(given)) {
    return given.map((element: unknown, index) => join(known[index], element))
  }
  if (!isMembers(known) || !isMembers(given)) return structuredClone(given)
  for (const [key, value] of Object.entries(given)) {
    const joined = Object.hasOwn(known, key) ? join(known[key], value) : structuredClone(value)
    Object.defineProperty(known, key, { value: joined, enumerable: true, configurable: true, writable: true })
  }
  return known
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
