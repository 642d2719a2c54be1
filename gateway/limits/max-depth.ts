import { foldSelections } from './fold-selections.ts'
import type { Limit } from './limit.ts'

/** The query every tool sends to learn the schema is 17 levels deep and of fixed cost, so introspection may go deeper. */
const introspectionAllowance = 5

/** Levels of fields below an operation; fragments add none. */
export const maxDepth: Limit = {
  name: 'maxDepth',
  counts: 'levels of fields',
  measure: (document) =>
    foldSelections(document, {
      field: ({ name: { value } }, inner) =>
        value === '__schema' || value === '__type' ? 1 + Math.max(0, inner - introspectionAllowance) : 1 + inner,
      fragment: (inner) => inner,
      combine: Math.max,
    }),
}
