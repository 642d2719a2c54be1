import type { Viewer } from '../identity/viewer.ts'
import type { KeepableFields } from './executor/keepable-fields.ts'

/** Which answers of a subgraph are given again while all they rest on is the same. What is not named here never is. */
export type Keeping = {
  /**
   * `Type.field` of resolvers, and `Type.__resolveReference`, that rest on their parent, their arguments, the viewer's class, and
   * on what they, or the loaders they ask, say to the call's `rests`. On nothing else, and behind no guard.
   */
  readonly fields: readonly string[]
  /** `Type.field` of resolvers that tell moments and ages: they are asked anew each time. */
  readonly renewed: readonly string[]
  /** These fields answer viewers of one class the same. */
  classOf(viewer: Viewer): string
}

export function keepableFieldsOf({ fields, renewed }: Keeping): KeepableFields {
  return { kept: new Set([entitiesField, ...fields]), renewed: new Set(renewed) }
}

/** Says by itself which of its references rest on more. */
const entitiesField = 'Query._entities'
