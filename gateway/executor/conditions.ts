import {
  type DirectiveNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  visit,
} from 'graphql'

/** Values of Boolean variables that are known when something is compiled. */
export type Conditions = Readonly<Record<string, boolean>>

export const isCondition = (directive: DirectiveNode): boolean =>
  directive.name.value === 'skip' || directive.name.value === 'include'

/** Whether what carries the @skip or @include is in the answer; undefined while its variable is not known. */
export const decide = (directive: DirectiveNode, conditions: Conditions): boolean | undefined => {
  const condition = directive.arguments?.[0]?.value
  let value: boolean | undefined
  if (condition?.kind === Kind.BOOLEAN) value = condition.value
  else if (condition?.kind === Kind.VARIABLE) value = conditions[condition.name.value]
  if (value === undefined) return undefined
  return directive.name.value === 'skip' ? !value : value
}

/** All conditions of a selection together; undefined while it hangs on an unknown variable. */
export const isIncluded = (selection: SelectionNode, conditions: Conditions): boolean | undefined => {
  let isKnown = true
  for (const directive of selection.directives ?? []) {
    if (!isCondition(directive)) continue
    const decided = decide(directive, conditions)
    if (decided === false) return false
    if (decided === undefined) isKnown = false
  }
  return isKnown ? true : undefined
}

/**
 * Names of all variables that some @skip or @include hangs on.
 *
 * @param counts other directives with an `if` that are to count
 */
export const conditionVariablesOf = (
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  counts: (directive: DirectiveNode) => boolean = () => false,
): readonly string[] => {
  const names = new Set<string>()
  for (const node of [operation, ...fragments.values()]) {
    visit(node, {
      Directive: (directive) => {
        if (!isCondition(directive) && !counts(directive)) return
        const value = directive.arguments?.find(({ name }) => name.value === 'if')?.value
        if (value?.kind === Kind.VARIABLE) names.add(value.name.value)
      },
    })
  }
  return [...names]
}
