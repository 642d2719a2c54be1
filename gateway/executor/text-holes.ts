import type { FieldPlan, Renew, RenewedFields } from '../../platform/subgraph/executor/plan.ts'
import type { Lasting } from '../../platform/subgraph/lasting.ts'
import { isDataObject } from './data.ts'
import { closeOutput, writeRange } from './output.ts'
import { beginText, type NoteField, type Write, type Written } from './write-text.ts'

/** Where a text tells what is asked anew each time. */
export type Hole = Written & {
  readonly part: number
  readonly field: FieldPlan
  readonly source: unknown
  readonly isNull: boolean
  readonly write: Write
}

/** An answer's text as bytes; what its holes say is what it said when it was made. */
export type TextWithHoles = {
  readonly text: Buffer
  readonly isAscii: boolean
  /** In the order of the text, none within another. */
  readonly holes: readonly Hole[]
}

/**
 * @param renews by `part`
 * @returns undefined where a value is not to be had, or another kind of value than before
 */
export const fillHoles = ({ text, isAscii, holes }: TextWithHoles, renews: readonly Renew[]): string | undefined => {
  const output = beginText()
  output.isAscii = isAscii
  let from = 0
  for (const { part, field, source, isNull, start, end, write } of holes) {
    const value = renews[part]?.(field, source)
    // What an answer weighs hangs on what is there.
    if (value === undefined || (value === null) !== isNull) output.isViolated = true
    if (isNull || output.isViolated) continue
    writeRange(output, text, from, start)
    write(value, output)
    from = end
  }
  writeRange(output, text, from, text.length)
  const filled = closeOutput(output)
  return output.isViolated ? undefined : filled
}

/** Finds in a text, while it is written, what has to be asked anew when it is given again. */
export type HoleNotes = {
  readonly parts: readonly Pick<Lasting, 'again'>[]
  readonly noteField: NoteField
  /**
   * @param required keys by which later calls were asked
   * @returns undefined where what is asked anew does more than stand in the text, or is more than a leaf or an object of leaves
   */
  holesUnless(required: ReadonlySet<string>): readonly Hole[] | undefined
}

export const noteHoles = (parts: readonly Lasting[]): HoleNotes => {
  const open = new Map<object, RenewedFields & { readonly part: number; readonly missing: Set<FieldPlan> }>()
  for (const [part, { renewed }] of parts.entries()) {
    for (const [object, { fields, source }] of renewed)
      open.set(object, { part, fields, source, missing: new Set(fields) })
  }
  const holes: Hole[] = []
  let areSimple = true
  return {
    parts: parts.map(({ again }) => ({ again })),
    noteField(object, key, { start, end }, write) {
      const known = open.get(object)
      const field = known?.fields.find((candidate) => candidate.key === key)
      if (known === undefined || field === undefined) return
      known.missing.delete(field)
      const { part, source } = known
      const value = object[key] ?? null
      if (!isLeafOrFlat(value) || start < (holes.at(-1)?.end ?? 0)) areSimple = false
      holes.push({ start, end, part, field, source, isNull: value === null, write })
    },
    holesUnless(required) {
      for (const { fields, missing } of open.values()) {
        if (missing.size > 0 || fields.some(({ key }) => required.has(key))) return undefined
      }
      return areSimple ? holes : undefined
    },
  }
}

const isLeafOrFlat = (value: unknown): boolean =>
  !isDataObject(value) || Object.values(value).every((inner) => !isDataObject(inner) && !Array.isArray(inner))
