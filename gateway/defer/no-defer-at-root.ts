import { GraphQLError, type ValidationRule } from 'graphql'
import { isDefer } from '../executor/defer.ts'

/** No `@defer` around root fields of a mutation or subscription: what is done is done when the answer begins. */
export const noDeferAtRoot: ValidationRule = (context) => ({
  Directive(node) {
    const schema = context.getSchema()
    const parent = context.getParentType()
    if (!isDefer(node) || !parent) return
    if (parent !== schema.getMutationType() && parent !== schema.getSubscriptionType()) return
    context.reportError(
      new GraphQLError(`Cannot defer fields of ${parent.name}: allowed is @defer below its fields`, { nodes: node }),
    )
  },
})
