import { DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES, Supergraph } from '@apollo/federation-internals'
import { type GraphQLSchema, Kind, parse, print, type TypeDefinitionNode } from 'graphql'
import { type ResolvableKeys, readKeys } from './check-keys.ts'
import { type SplitRequires, splitRequires } from './split-requires.ts'
import { argumentOf } from './supergraph-arguments.ts'

/** What the executor needs to know of a supergraph beyond its API schema. */
export type SupergraphFacts = {
  readonly composed: Supergraph
  readonly apiSchema: GraphQLSchema
  /** Names as in `@join__graph(name:)`, in order of appearance. */
  readonly services: readonly string[]
  /** Every field name of the graph, the inaccessible ones too. */
  readonly fieldNames: ReadonlySet<string>
  /** What planners get of it, see `split-requires.ts`. */
  readonly split: SplitRequires
  /** The SDL of `split`. */
  readonly plannedSdl: string
  readonly interfaces: ReadonlySet<unknown>
  readonly keys: ResolvableKeys
  /** Interfaces that some subgraph sees as an object type. */
  readonly interfaceObjects: ReadonlySet<string>
  /** Object types of an abstract type, the inaccessible ones too; an object type has itself. */
  possibleTypes(typeName: string): ReadonlySet<string>
}

/** The gateway keeps to what these demand (gateway/authorize) before an operation reaches the executor. */
const servedFeatures = new Set([
  ...DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES,
  'https://specs.apollo.dev/authenticated/v0.1',
  'https://specs.apollo.dev/requiresScopes/v0.1',
  'https://specs.apollo.dev/policy/v0.1',
])

/** @throws Error when the SDL is not a supergraph */
export const readSupergraph = (supergraphSdl: string): SupergraphFacts => {
  const services = new Map<string, string>()
  const fieldNames = new Set<string>()
  const interfaces = new Set<unknown>()
  const interfaceObjects = new Set<string>()
  const possible = new Map<string, Set<string>>()
  const document = parse(supergraphSdl, { noLocation: true })
  const split = splitRequires(document)

  for (const definition of document.definitions) {
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph') {
      for (const value of definition.values ?? []) {
        const named = value.directives?.find((directive) => directive.name.value === 'join__graph')
        services.set(value.name.value, (named && argumentOf(named, 'name')) ?? value.name.value)
      }
    }
    if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
      possible.set(definition.name.value, new Set((definition.types ?? []).map((type) => type.name.value)))
    }
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
    for (const field of definition.fields ?? []) fieldNames.add(field.name.value)
    if (definition.kind === Kind.INTERFACE_TYPE_DEFINITION) interfaces.add(definition.name.value)
    if (isInterfaceObject(definition)) interfaceObjects.add(definition.name.value)
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue
    possible.set(definition.name.value, new Set([definition.name.value]))
    for (const parent of definition.interfaces ?? []) {
      const types = possible.get(parent.name.value) ?? new Set()
      possible.set(parent.name.value, types.add(definition.name.value))
    }
  }

  const none: ReadonlySet<string> = new Set()
  for (const name of split.inventions.keys()) fieldNames.add(name)
  const composed = Supergraph.build(supergraphSdl, { supportedFeatures: servedFeatures })
  const plannedSdl = split.inventions.size > 0 ? print(split.document) : supergraphSdl
  return {
    composed,
    split,
    plannedSdl,
    interfaces,
    apiSchema: composed.apiSchema().toGraphQLJSSchema({ includeDefer: true }),
    services: [...services.values()],
    keys: readKeys(document, (graph) => services.get(graph) ?? graph),
    fieldNames,
    interfaceObjects,
    possibleTypes: (typeName) => possible.get(typeName) ?? none,
  }
}

const isInterfaceObject = (definition: TypeDefinitionNode): boolean =>
  (definition.directives ?? []).some(
    (directive) => directive.name.value === 'join__type' && argumentOf(directive, 'isInterfaceObject') === 'true',
  )
