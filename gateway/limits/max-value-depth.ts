import { visit } from 'graphql'
import type { Limit } from './limit.ts'

/** Levels of lists and objects in one value written in the document. */
export const maxValueDepth: Limit = {
  name: 'maxValueDepth',
  counts: 'levels of lists and objects in a value',
  measure(document) {
    let depth = 0
    let greatest = 0
    const level = {
      enter() {
        depth += 1
        greatest = Math.max(greatest, depth)
      },
      leave() {
        depth -= 1
      },
    }
    visit(document, { ListValue: level, ObjectValue: level })
    return greatest
  },
}
