import {
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'

/** The one operation of a planner's text, its named fragments written out. */
export const openFragments = (text: string): OperationDefinitionNode => {
  const fragments = new Map<string, FragmentDefinitionNode>()
  let operation: OperationDefinitionNode | undefined
  for (const definition of parse(text, { noLocation: true }).definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
    else if (definition.kind === Kind.OPERATION_DEFINITION) operation = definition
  }
  if (operation === undefined) throw new TypeError('Cannot read plan: a call has no operation')

  const open = (selectionSet: SelectionSetNode): SelectionSetNode => ({
    ...selectionSet,
    selections: selectionSet.selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind !== Kind.FRAGMENT_SPREAD) {
        return selection.selectionSet === undefined
          ? [selection]
          : [{ ...selection, selectionSet: open(selection.selectionSet) }]
      }
      const fragment = fragments.get(selection.name.value)
      if (fragment === undefined) return []
      return [
        {
          kind: Kind.INLINE_FRAGMENT,
          typeCondition: fragment.typeCondition,
          directives: selection.directives ?? [],
          selectionSet: open(fragment.selectionSet),
        },
      ]
    }),
  })
  return { ...operation, selectionSet: open(operation.selectionSet) }
}
