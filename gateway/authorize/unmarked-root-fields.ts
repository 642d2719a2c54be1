import { type DocumentNode, Kind, type NamedTypeNode, type TypeNode } from 'graphql'

/** A root field of a supergraph, and the name of the type it returns. */
export type RootField = { readonly coordinate: string; readonly returned: string }

/** The fields of Query, Mutation and Subscription that do not have the directive `mark`. */
export function unmarkedRootFields(supergraph: DocumentNode, mark: string): readonly RootField[] {
  const rootTypes = new Set(['Query', 'Mutation', 'Subscription'])
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION) continue
    for (const { type } of definition.operationTypes) rootTypes.add(type.name.value)
  }
  return supergraph.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || !rootTypes.has(definition.name.value)) return []
    return (definition.fields ?? [])
      .filter(({ directives }) => !directives?.some(({ name }) => name.value === mark))
      .map(({ name, type }) => ({
        coordinate: `${definition.name.value}.${name.value}`,
        returned: namedType(type).name.value,
      }))
  })
}

function namedType(type: TypeNode): NamedTypeNode {
  return type.kind === Kind.NAMED_TYPE ? type : namedType(type.type)
}
