import { type GraphQLScalarType, type GraphQLSchema, isScalarType } from 'graphql'

/**
 * Lets the API schema check values of the scalars given, as the subgraphs do: a wrong one is refused before anything is
 * called, instead of failing every field of the call it travels in.
 */
export function checkScalars(apiSchema: GraphQLSchema, scalars: Readonly<Record<string, GraphQLScalarType>>): void {
  for (const [name, scalar] of Object.entries(scalars)) {
    const type = apiSchema.getType(name)
    if (!isScalarType(type)) continue
    type.parseValue = scalar.parseValue
    type.parseLiteral = scalar.parseLiteral
  }
}
