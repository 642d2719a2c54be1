import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type TypeDefinitionNode,
  valueFromASTUntyped,
} from 'graphql'

/** How many items a list field may bring. After the IBM GraphQL cost directives, as Federation 2.9 composes them. */
export type ListSize = {
  /** Items when no slicing argument says otherwise. */
  readonly assumedSize: number | null
  /** Arguments that bound the list: an integer is the bound itself, a list bounds by its length. */
  readonly slicingArguments: readonly string[]
  /** Fields of the returned object that hold the list; absent: the field itself is the list. */
  readonly sizedFields: readonly string[]
}

/** What the schema says of costs. Keys are `Type` and `Type.field`. */
export type CostDirectives = {
  readonly typeWeights: ReadonlyMap<string, number>
  readonly fieldWeights: ReadonlyMap<string, number>
  readonly listSizes: ReadonlyMap<string, ListSize>
}

/** Reads `@cost`, `@listSize` and `@sizedBy` from a supergraph's text. */
export function readCostDirectives(supergraph: DocumentNode): CostDirectives {
  const typeWeights = new Map<string, number>()
  const fieldWeights = new Map<string, number>()
  const listSizes = new Map<string, ListSize>()
  for (const definition of supergraph.definitions) {
    if (!hasDirectives(definition)) continue
    const weight = weightOf(definition.directives)
    if (weight !== null) typeWeights.set(definition.name.value, weight)
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
    for (const field of definition.fields ?? []) {
      const key = `${definition.name.value}.${field.name.value}`
      const fieldWeight = weightOf(field.directives)
      if (fieldWeight !== null) fieldWeights.set(key, fieldWeight)
      const listSize = listSizeOf(field)
      if (listSize !== null) listSizes.set(key, listSize)
    }
  }
  return { typeWeights, fieldWeights, listSizes }
}

function hasDirectives(definition: DocumentNode['definitions'][number]): definition is TypeDefinitionNode {
  return definition.kind.endsWith('TypeDefinition')
}

const find = (directives: readonly ConstDirectiveNode[] | undefined, name: string) =>
  directives?.find((directive) => directive.name.value === name || directive.name.value === `cost__${name}`)

function weightOf(directives: readonly ConstDirectiveNode[] | undefined): number | null {
  const weight = argument(find(directives, 'cost'), 'weight')
  return typeof weight === 'number' ? weight : typeof weight === 'string' ? Number(weight) : null
}

function listSizeOf(field: FieldDefinitionNode): ListSize | null {
  const sizedBy = argument(find(field.directives, 'sizedBy'), 'argument')
  if (typeof sizedBy === 'string') return { assumedSize: null, slicingArguments: [sizedBy], sizedFields: [] }
  const directive = find(field.directives, 'listSize')
  if (directive === undefined) return null
  const assumedSize = argument(directive, 'assumedSize')
  return {
    assumedSize: typeof assumedSize === 'number' ? assumedSize : null,
    slicingArguments: texts(argument(directive, 'slicingArguments')),
    sizedFields: texts(argument(directive, 'sizedFields')),
  }
}

function argument(directive: ConstDirectiveNode | undefined, name: string): unknown {
  const value: ConstValueNode | undefined = directive?.arguments?.find((node) => node.name.value === name)?.value
  return value === undefined ? undefined : valueFromASTUntyped(value)
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
