import { Supergraph } from '@apollo/federation-internals'
import { type ConstDirectiveNode, type GraphQLSchema, Kind, parse, type TypeDefinitionNode, visit } from 'graphql'

/** What the executor needs to know of a supergraph beyond its API schema. */
export type SupergraphFacts = {
  readonly composed: Supergraph
  readonly apiSchema: GraphQLSchema
  /** Names as in `@join__graph(name:)`, in order of appearance. */
  readonly services: readonly string[]
  /** Every field name of the graph, the inaccessible ones too. */
  readonly fieldNames: ReadonlySet<string>
  /** Names of fields that some `@requires` reads with arguments. */
  readonly requiredWithArguments: ReadonlySet<string>
  /** Interfaces that some subgraph sees as an object type. */
  readonly interfaceObjects: ReadonlySet<string>
  /** Object types of an abstract type, the inaccessible ones too; an object type has itself. */
  possibleTypes(typeName: string): ReadonlySet<string>
}

/** @throws Error when the SDL is not a supergraph */
export const readSupergraph = (supergraphSdl: string): SupergraphFacts => {
  const composed = Supergraph.build(supergraphSdl)
  const services: string[] = []
  const fieldNames = new Set<string>()
  const requiredWithArguments = new Set<string>()
  const interfaceObjects = new Set<string>()
  const possible = new Map<string, Set<string>>()
  const definitions = parse(supergraphSdl, { noLocation: true }).definitions

  for (const definition of definitions) {
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph') {
      for (const value of definition.values ?? []) {
        services.push(stringArgument(value.directives, 'join__graph', 'name') ?? value.name.value)
      }
    }
    if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
      possible.set(definition.name.value, new Set((definition.types ?? []).map((type) => type.name.value)))
    }
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
    for (const field of definition.fields ?? []) {
      fieldNames.add(field.name.value)
      for (const directive of field.directives ?? []) collectRequired(directive, requiredWithArguments)
    }
    if (isInterfaceObject(definition)) interfaceObjects.add(definition.name.value)
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue
    possible.set(definition.name.value, new Set([definition.name.value]))
    for (const parent of definition.interfaces ?? []) {
      const types = possible.get(parent.name.value) ?? new Set()
      possible.set(parent.name.value, types.add(definition.name.value))
    }
  }

  const none: ReadonlySet<string> = new Set()
  return {
    composed,
    apiSchema: composed.apiSchema().toGraphQLJSSchema(),
    services,
    fieldNames,
    requiredWithArguments,
    interfaceObjects,
    possibleTypes: (typeName) => possible.get(typeName) ?? none,
  }
}

const collectRequired = (directive: ConstDirectiveNode, names: Set<string>): void => {
  const fields = stringArgument([directive], 'join__field', 'requires')
  if (fields === undefined) return
  visit(parse(`{${fields}}`, { noLocation: true }), {
    Field: (node) => {
      if ((node.arguments ?? []).length > 0) names.add(node.name.value)
    },
  })
}

const isInterfaceObject = (definition: TypeDefinitionNode): boolean =>
  (definition.directives ?? []).some(
    (directive) =>
      directive.name.value === 'join__type' &&
      (directive.arguments ?? []).some(
        ({ name, value }) => name.value === 'isInterfaceObject' && value.kind === Kind.BOOLEAN && value.value,
      ),
  )

const stringArgument = (
  directives: readonly ConstDirectiveNode[] | undefined,
  directive: string,
  argument: string,
): string | undefined => {
  const found = directives
    ?.find((candidate) => candidate.name.value === directive)
    ?.arguments?.find((candidate) => candidate.name.value === argument)
  return found?.value.kind === Kind.STRING ? found.value.value : undefined
}
