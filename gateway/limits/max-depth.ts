import { foldSelections } from './fold-selections.ts'
import type { Limit } from './limit.ts'

/** Levels of fields below an operation; fragments add none. */
export const maxDepth: Limit = {
  name: 'maxDepth',
  counts: 'levels of fields',
  measure: (document) =>
    foldSelections(document, { field: (_field, inner) => 1 + inner, fragment: (inner) => inner, combine: Math.max }),
}
