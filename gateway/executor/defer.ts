import {
  type ASTNode,
  BREAK,
  type DirectiveNode,
  type FragmentSpreadNode,
  type InlineFragmentNode,
  Kind,
  visit,
} from 'graphql'
import type { Conditions } from './conditions.ts'

export type FragmentNode = FragmentSpreadNode | InlineFragmentNode

export const isDefer = (directive: DirectiveNode): boolean => directive.name.value === 'defer'

/** Whether a fragment may be told after what is around it. While the variable of its `if` is not known, it is not. */
export const isDeferred = (fragment: FragmentNode, conditions: Conditions): boolean => {
  const directive = fragment.directives?.find(isDefer)
  if (directive === undefined) return false
  const condition = directive.arguments?.find(({ name }) => name.value === 'if')?.value
  if (condition === undefined) return true
  if (condition.kind === Kind.VARIABLE) return conditions[condition.name.value] === true
  return condition.kind === Kind.BOOLEAN && condition.value
}

export const labelOf = (fragment: FragmentNode): string | undefined => {
  const value = fragment.directives?.find(isDefer)?.arguments?.find(({ name }) => name.value === 'label')?.value
  return value?.kind === Kind.STRING ? value.value : undefined
}

export const hasDefer = (nodes: readonly ASTNode[]): boolean => {
  let isFound = false
  for (const node of nodes) {
    visit(node, {
      Directive: (directive) => {
        isFound ||= isDefer(directive)
        return isFound ? BREAK : undefined
      },
    })
  }
  return isFound
}
