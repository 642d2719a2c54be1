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
    // Those for other types are followed as well: an interface object's subgraph cannot tell types apart, so what they
    // select may have been fetched here, however deep below the condition.
    let below: readonly { readonly set: SelectionSetNode; readonly applies: boolean }[] = [{ set: root, applies: true }]
    let value = data
    for (const element of path) {
      if (typeof element === 'number') {
        translated.push(element)
        value = Array.isArray(value) ? value[element] : undefined
        continue
      }
      const object = isDataObject(value) ? value : undefined
      const found = below.flatMap(({ set, applies }) => fieldsAt(set, element, object?.__typename, applies))
      const asked = found.find(({ applies }) => applies)?.field
      if (asked === undefined) return { path: translated, kind: found.length === 0 ? 'cut' : 'excluded' }
      translated.push(asked.alias?.value ?? asked.name.value)
      below = found.flatMap(({ field, applies }) => (field.selectionSet ? [{ set: field.selectionSet, applies }] : []))
      value = object?.[element]
    }
    return { path: translated, kind: 'whole' }
  }
}
