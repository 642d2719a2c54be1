import { foldSelections } from './fold-selections.ts'
import type { Limit } from './limit.ts'

/** Selections with every fragment written out where it is used: what validation and planning really walk. */
export const maxRecursiveSelections: Limit = {
  name: 'maxRecursiveSelections',
  counts: 'selections with fragments written out',
  measure: (document) =>
    foldSelections(document, {
      field: (_field, inner) => 1 + inner,
      fragment: (inner) => 1 + inner,
      combine: (left, right) => left + right,
    }),
}
