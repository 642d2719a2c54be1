import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from 'graphql'

export type SelectionFold = {
  /** The figure of one field, given that of what it selects. */
  field(field: FieldNode, inner: number): number
  /** The figure of a fragment spread or inline fragment, given that of what it holds. */
  fragment(inner: number): number
  /** The figure of two selections side by side. */
  combine(left: number, right: number): number
}

/**
 * The greatest figure among a document's operations, as if every fragment were written out. Each fragment is
 * folded once, so 2^20 expanded selections cost no more than their text. A fragment that contains itself
 * counts as empty there: validation refuses it afterwards.
 */
export function foldSelections(document: DocumentNode, fold: SelectionFold): number {
  const fragments = new Map<string, SelectionSetNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition.selectionSet)
  }
  const known = new Map<string, number>()

  function ofSet(set: SelectionSetNode | undefined): number {
    let figure = 0
    if (set === undefined) return figure
    for (const selection of set.selections) {
      switch (selection.kind) {
        case Kind.FIELD:
          figure = fold.combine(figure, fold.field(selection, ofSet(selection.selectionSet)))
          break
        case Kind.INLINE_FRAGMENT:
          figure = fold.combine(figure, fold.fragment(ofSet(selection.selectionSet)))
          break
        case Kind.FRAGMENT_SPREAD:
          figure = fold.combine(figure, fold.fragment(ofFragment(selection.name.value)))
          break
        default:
          selection satisfies never
      }
    }
    return Math.min(figure, Number.MAX_SAFE_INTEGER)
  }

  function ofFragment(name: string): number {
    const before = known.get(name)
    if (before !== undefined) return before
    known.set(name, 0)
    const figure = ofSet(fragments.get(name))
    known.set(name, figure)
    return figure
  }

  let greatest = 0
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) greatest = Math.max(greatest, ofSet(definition.selectionSet))
  }
  // A fragment no operation uses is still validated, so it is still counted.
  for (const name of fragments.keys()) if (!known.has(name)) greatest = Math.max(greatest, ofFragment(name))
  return greatest
}
