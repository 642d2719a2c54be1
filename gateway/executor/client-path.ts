import { type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql'
import type { ResponsePath } from './places.ts'

export type ClientPath = {
  readonly path: ResponsePath
  /** False when the end of the path is nothing the client selected, so it was cut. */
  readonly isWhole: boolean
}

/** Translates paths in the merged data to the client's keys. Works on the document: errors are rare. */
export const createToClientPath =
  (
    root: SelectionSetNode,
    fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    keyOf: (field: FieldNode) => string,
  ): ((path: ResponsePath) => ClientPath) =>
  (path) => {
    const translated: (string | number)[] = []
    let selectionSets: readonly SelectionSetNode[] = [root]
    for (const element of path) {
      if (typeof element === 'number') {
        translated.push(element)
        continue
      }
      const fields = selectionSets.flatMap((selectionSet) => fieldsAt(selectionSet, element, fragments, keyOf))
      const [field] = fields
      if (field === undefined) return { path: translated, isWhole: false }
      translated.push(field.alias?.value ?? field.name.value)
      selectionSets = fields.flatMap((node) => node.selectionSet ?? [])
    }
    return { path: translated, isWhole: true }
  }

const fieldsAt = (
  selectionSet: SelectionSetNode,
  key: string,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  keyOf: (field: FieldNode) => string,
): FieldNode[] =>
  selectionSet.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return keyOf(selection) === key ? [selection] : []
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
    return fragment === undefined ? [] : fieldsAt(fragment.selectionSet, key, fragments, keyOf)
  })
