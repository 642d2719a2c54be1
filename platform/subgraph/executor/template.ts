import { isPromise } from '../../maybe-promise.ts'
import type { FieldPlan, Renew, Renewed, RenewedFields, Run } from './plan.ts'

/** An answer of which copies can be made, with some of its fields asked anew. */
export type Template = {
  /** Of its values and their texts, in bytes; an estimate. */
  readonly size: number
  /**
   * @param told of the objects of the copy with fields that are asked anew
   * @returns undefined where such a field fails, or is not answered at once
   */
  copy(run: Run, told?: Renewed): Answer | undefined
}

type Answer = { [key: string]: unknown }

class ListPart {
  readonly items: readonly unknown[]
  constructor(items: readonly unknown[]) {
    this.items = items
  }
}

class ObjectPart {
  /** What is not there yet stands as null, so that keys keep their order. */
  readonly values: Answer
  readonly below: readonly { readonly key: string; readonly part: unknown }[]
  readonly renewed: RenewedFields | undefined
  constructor(values: Answer, below: ObjectPart['below'], renewed: RenewedFields | undefined) {
    this.values = values
    this.below = below
    this.renewed = renewed
  }
}

const valueBytes = 16
const objectBytes = 150

/**
 * @param answer plain data, which may be changed afterwards
 * @returns undefined for data with a key that a copy would take for an object's prototype
 */
export function toTemplate(answer: Answer, renewed: Renewed): Template | undefined {
  let size = 0
  let hasProto = false

  function toPart(value: unknown): unknown {
    size += typeof value === 'string' ? valueBytes + value.length : valueBytes
    if (typeof value !== 'object' || value === null) return value
    size += objectBytes
    return Array.isArray(value) ? new ListPart(value.map(toPart)) : toObjectPart(value as Answer)
  }

  function toObjectPart(object: Answer): ObjectPart {
    const known = renewed.get(object)
    const values = { ...object }
    if (Object.hasOwn(values, '__proto__')) hasProto = true
    const below: { key: string; part: unknown }[] = []
    for (const key of Object.keys(values)) {
      const isAgain = known?.fields.some((field) => field.key === key)
      const part = isAgain ? null : toPart(object[key])
      const isLeaf = typeof part !== 'object' || part === null
      values[key] = isLeaf ? part : null
      if (!isLeaf) below.push({ key, part })
    }
    return new ObjectPart(values, below, known)
  }

  const root = toObjectPart(answer)
  if (hasProto) return undefined
  return {
    size,
    copy(run, told) {
      const copied = copyObject(root, run, told)
      return copied === failed || run.errors.errors.length > 0 ? undefined : (copied as Answer)
    },
  }
}

/** For fields of an answer that was given before, with nothing told of what is wrong with them. */
export function renewIn(run: Run): Renew {
  return (field, source) => {
    const value = executeOrFail(field, run, source)
    return value === failed || run.errors.errors.length > 0 ? undefined : value
  }
}

const failed = Symbol('failed')

function copyPart(part: unknown, run: Run, told: Renewed | undefined): unknown {
  if (part instanceof ObjectPart) return copyObject(part, run, told)
  if (!(part instanceof ListPart)) return part
  const items: unknown[] = []
  for (const item of part.items) {
    const copy = copyPart(item, run, told)
    if (copy === failed) return failed
    items.push(copy)
  }
  return items
}

function copyObject(
  { values, below, renewed }: ObjectPart,
  run: Run,
  told: Renewed | undefined,
): Answer | typeof failed {
  const copy = { ...values }
  for (const { key, part } of below) {
    const value = copyPart(part, run, told)
    if (value === failed) return failed
    copy[key] = value
  }
  if (renewed === undefined) return copy
  const { fields, source } = renewed
  for (const field of fields) {
    const value = executeOrFail(field, run, source)
    if (value === failed) return failed
    copy[field.key] = value
  }
  told?.set(copy, renewed)
  return copy
}

/** Places matter to errors alone, and those are told by another run. */
function executeOrFail(field: FieldPlan, run: Run, source: unknown): unknown {
  try {
    const value = field.execute(run, source, undefined)
    return isPromise(value) ? failed : value
  } catch {
    return failed
  }
}
