import { type ASTNode, GraphQLError, Kind, type ValidationRule, visit } from 'graphql'
import { isDefer } from '../executor/defer.ts'

/** A subscription's events are told whole; `@defer` may be there when its `if` can switch it off. */
export const noDeferInSubscription: ValidationRule = (context) => {
  function report(node: ASTNode): void {
    visit(node, {
      Directive(directive) {
        if (!isDefer(directive)) return
        const condition = directive.arguments?.find(({ name }) => name.value === 'if')?.value
        const isSwitch = condition?.kind === Kind.VARIABLE || (condition?.kind === Kind.BOOLEAN && !condition.value)
        if (isSwitch) return
        context.reportError(
          new GraphQLError('Cannot defer in a subscription: allowed is @defer with if: false or if: a variable', {
            nodes: directive,
          }),
        )
      },
    })
  }
  return {
    OperationDefinition(operation) {
      if (operation.operation !== 'subscription') return
      report(operation)
      for (const fragment of context.getRecursivelyReferencedFragments(operation)) report(fragment)
    },
  }
}
