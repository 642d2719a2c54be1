import { type DataObject, isDataObject } from './data.ts'
import type { Shapes } from './shape.ts'

/** What parts of an answer weigh, by response key; `parts`: what is selected below. Parts that weigh nothing are left out. */
export type Weights = readonly { readonly key: string; readonly weight: number; readonly parts: Weights }[]

/** Sums the weights of what an answer holds: each object of a list counts, what is null does not. */
export function weigh(data: Readonly<Record<string, unknown>>, weights: Weights): number {
  let total = 0
  for (const { key, weight, parts } of weights) {
    total += weighValue(own(data, key), weight, (object) => (parts.length === 0 ? 0 : weigh(object, parts)))
  }
  return total
}

/**
 * The same on the merged data that an answer was written from, which spares reading its text again. Merged data holds more
 * than the client asked for: counted is what the shapes give of it.
 */
export function weighMerged(data: DataObject, shapes: Shapes, weights: Weights): number {
  const fields = shapes.of(data)?.fields ?? []
  let total = 0
  for (const { key, weight, parts } of weights) {
    const field = fields.find((candidate) => candidate.key === key)
    if (field === undefined) continue
    if (field.kind === 'typename') {
      // Told by the shape, not by the data.
      total += weight
      continue
    }
    const { shapes: below } = field
    const inside = (object: DataObject) =>
      below === undefined || parts.length === 0 ? 0 : weighMerged(object, below, parts)
    total += weighValue(own(data, field.from), weight, inside)
  }
  return total
}

function weighValue(value: unknown, weight: number, inside: (object: DataObject) => number): number {
  if (value === null || value === undefined) return 0
  if (Array.isArray(value)) {
    let total = 0
    for (const item of value) total += weighValue(item, weight, inside)
    return total
  }
  return isDataObject(value) ? weight + inside(value) : weight
}

/** A key may be named as what every object inherits. */
function own(data: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(data, key) ? data[key] : undefined
}
