import { isPromise } from '../../maybe-promise.ts'
import type { FieldPlan, Renewed, Run } from './plan.ts'

/** An answer of which copies can be made, with some of its fields asked anew. */
export type Template = {
  /** Of its values and their texts, in bytes; an estimate. */
  readonly size: number
  /** @returns undefined where a field that is asked anew fails, or is not answered at once */
  copy(run: Run): Answer | undefined
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
  readonly renewed: readonly FieldPlan[]
  readonly source: unknown
  constructor(values: Answer, below: ObjectPart['below'], renewed: readonly FieldPlan[], source: unknown) {
    this.values = values
    this.below = below
    this.renewed = renewed
    this.source = source
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
    const again = known?.plan.fields.filter(({ isRenewed }) => isRenewed) ?? []
    const values = { ...object }
    if (Object.hasOwn(values, '__proto__')) hasProto = true
    const below: { key: string; part: unknown }[] = []
    for (const key of Object.keys(values)) {
      const isAgain = again.some((field) => field.key === key)
      const part = isAgain ? null : toPart(object[key])
      const isLeaf = typeof part !== 'object' || part === null
      values[key] = isLeaf ? part : null
      if (!isLeaf) below.push({ key, part })
    }
    return new ObjectPart(values, below, again, known?.source)
  }

  const root = toObjectPart(answer)
  if (hasProto) return undefined
  return {
    size,
    copy(run) {
      const copied = copyObject(root, run)
      return copied === failed || run.errors.errors.length > 0 ? undefined : (copied as Answer)
    },
  }
}

const failed = Symbol('failed')

function copyPart(part: unknown, run: Run): unknown {
  if (part instanceof ObjectPart) return copyObject(part, run)
  if (!(part instanceof ListPart)) return part
  const items: unknown[] = []
  for (const item of part.items) {
    const copy = copyPart(item, run)
    if (copy === failed) return failed
    items.push(copy)
  }
  return items
}

function copyObject({ values, below, renewed, source }: ObjectPart, run: Run): Answer | typeof failed {
  const copy = { ...values }
  for (const { key, part } of below) {
    const value = copyPart(part, run)
    if (value === failed) return failed
    copy[key] = value
  }
  for (const field of renewed) {
    // Places matter to errors alone, and those are told by another run.
    const value = executeOrFail(field, run, source)
    if (value === failed || isPromise(value)) return failed
    copy[field.key] = value
  }
  return copy
}

function executeOrFail(field: FieldPlan, run: Run, source: unknown): unknown {
  try {
    return field.execute(run, source, undefined)
  } catch {
    return failed
  }
}
