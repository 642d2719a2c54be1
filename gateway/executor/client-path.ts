import { type FieldNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql'
import { isDataObject } from './data.ts'
import type { IsOfType, ResponsePath } from './places.ts'

/**
 * `whole`: the client selected what the path leads to; `cut`: it did not select the end, which was fetched for
 * something else; `excluded`: it selected that for other types than the one that is there.
 */
export type ClientPath = { readonly path: ResponsePath; readonly kind: 'whole' | 'cut' | 'excluded' }

export type ToClientPath = (path: ResponsePath, data: unknown) => ClientPath

/** Translates paths in the merged data to the client's keys. Works on the document: errors are rare. */
export const createToClientPath = (
  root: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  keyOf: (field: FieldNode) => string,
  isOfType: IsOfType,
  isInterface: (typeName: string) => boolean,
): ToClientPath => {
  type Found = { readonly field: FieldNode; readonly applies: boolean }

  const fieldsAt = (selectionSet: SelectionSetNode, key: string, typeName: unknown, applies: boolean): Found[] =>
    selectionSet.selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return keyOf(selection) === key ? [{ field: selection, applies }] : []
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
      if (fragment === undefined) return []
      const condition = fragment.typeCondition?.name.value
      // An interface's name is what an interface object calls itself before its type is known.
      const isUnknown = typeof typeName !== 'string' || isInterface(typeName)
      const isType = condition === undefined || isUnknown || isOfType(typeName, condition)
      return fieldsAt(fragment.selectionSet, key, typeName, applies && isType)
    })

  return (path, data) => {
    const translated: (string | number)[] = []
    let selectionSets: readonly SelectionSetNode[] = [root]
    let value = data
    for (const element of path) {
      if (typeof element === 'number') {
        translated.push(element)
        value = Array.isArray(value) ? value[element] : undefined
        continue
      }
      const object = isDataObject(value) ? value : undefined
      const found = selectionSets.flatMap((selectionSet) => fieldsAt(selectionSet, element, object?.__typename, true))
      const [first] = found
      if (first === undefined) return { path: translated, kind: 'cut' }
      if (!found.some(({ applies }) => applies)) return { path: translated, kind: 'excluded' }
      translated.push(first.field.alias?.value ?? first.field.name.value)
      selectionSets = found.flatMap(({ field, applies }) => (applies ? (field.selectionSet ?? []) : []))
      value = object?.[element]
    }
    return { path: translated, kind: 'whole' }
  }
}
