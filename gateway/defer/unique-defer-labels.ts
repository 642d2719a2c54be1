import { type DirectiveNode, GraphQLError, Kind, type ValidationRule } from 'graphql'
import { truncate } from '../../platform/errors/problem.ts'
import { isDefer } from '../executor/defer.ts'

/** A label names one `@defer` of the document, and is the same in every answer. */
export const uniqueDeferLabels: ValidationRule = (context) => {
  const known = new Map<string, DirectiveNode>()
  return {
    Directive(node) {
      const value = isDefer(node) ? node.arguments?.find(({ name }) => name.value === 'label')?.value : undefined
      if (value === undefined) return
      if (value.kind !== Kind.STRING) {
        context.reportError(
          new GraphQLError('Cannot label a deferred fragment: allowed is text written in the document', {
            nodes: value,
          }),
        )
        return
      }
      const before = known.get(value.value)
      if (before === undefined) known.set(value.value, node)
      else {
        context.reportError(
          new GraphQLError(
            `Cannot label two deferred fragments ${truncate(JSON.stringify(value.value))}: allowed is one @defer a label`,
            { nodes: [before, node] },
          ),
        )
      }
    },
  }
}
