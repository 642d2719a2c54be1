import {
  executeSync,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  visit,
} from 'graphql'
import type { Shape } from './shape.ts'

export type Introspect = (variables: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>

/**
 * Answers `__schema` and `__type` from the API schema; undefined when the operation asks for neither.
 * What no variable can change is answered once.
 */
export const createIntrospect = (
  shape: Shape,
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  schema: GraphQLSchema,
): Introspect | undefined => {
  const selections = shape.fields.flatMap((field) => (field.kind === 'introspection' ? field.nodes : []))
  if (selections.length === 0) return undefined
  const document = {
    kind: Kind.DOCUMENT as const,
    definitions: [
      { ...operation, selectionSet: { kind: Kind.SELECTION_SET as const, selections } },
      ...fragments.values(),
    ],
  }
  const answer: Introspect = (variables) => executeSync({ schema, document, variableValues: variables }).data ?? {}
  if (usesVariables(selections, fragments)) return answer
  let known: Readonly<Record<string, unknown>> | undefined
  return (variables) => (known ??= answer(variables))
}

const usesVariables = (
  selections: readonly FieldNode[],
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): boolean => {
  let isUsed = false
  for (const node of [...selections, ...fragments.values()]) {
    visit(node, {
      Variable: () => {
        isUsed = true
      },
    })
  }
  return isUsed
}
