import {
  assertValidSchema,
  buildASTSchema,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  type InputValueDefinitionNode,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  Kind,
  parse,
  printSchema,
  type TypeNode,
} from 'graphql'
import type { VersionName } from './calendar.ts'
import { isDeprecatedIn, isInVersion, type Lifecycles } from './lifecycle.ts'

type Ageing = FieldDefinitionNode | EnumValueDefinitionNode | InputValueDefinitionNode

/**
 * The public schema of one version: the API schema without what the version does not have yet or has no more,
 * and with what it deprecates marked. Types nothing leads to any longer are gone too.
 *
 * @throws Error from graphql when what is left is no valid schema, e.g. a type without fields
 */
export function deriveVersionSchema(
  apiSchema: GraphQLSchema,
  lifecycles: Lifecycles,
  version: VersionName,
): GraphQLSchema {
  if (lifecycles.size === 0) return apiSchema
  const document = parse(printSchema(apiSchema), { noLocation: true })
  const emptied = findEmptied(document, (coordinate) => isInVersion(lifecycles.get(coordinate), version))
  const present = (coordinate: string) => isInVersion(lifecycles.get(coordinate), version) && !emptied.has(coordinate)

  function age<N extends Ageing>(coordinate: string, node: N): N {
    const lifecycle = lifecycles.get(coordinate)
    if (!isDeprecatedIn(lifecycle, version)) return node
    const others = (node.directives ?? []).filter((directive) => directive.name.value !== 'deprecated')
    return { ...node, directives: [...others, deprecated(lifecycle?.replacement ?? null)] }
  }

  const inputs = (nodes: readonly InputValueDefinitionNode[] | undefined, of: (name: string) => string) =>
    (nodes ?? [])
      .filter((node) => present(of(node.name.value)) && present(namedType(node.type)))
      .map((node) => age(of(node.name.value), node))

  const fields = (owner: string, nodes: readonly FieldDefinitionNode[] | undefined) =>
    (nodes ?? [])
      .filter((node) => present(`${owner}.${node.name.value}`) && present(namedType(node.type)))
      .map((node) => {
        const coordinate = `${owner}.${node.name.value}`
        const argumentsLeft = inputs(node.arguments, (name) => `${coordinate}(${name}:)`)
        return age(coordinate, { ...node, arguments: argumentsLeft })
      })

  function derive(node: DefinitionNode): readonly DefinitionNode[] {
    if (!('name' in node) || node.name === undefined || !present(node.name.value)) return 'name' in node ? [] : [node]
    const name = node.name.value
    switch (node.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION:
        return [
          {
            ...node,
            interfaces: (node.interfaces ?? []).filter((type) => present(type.name.value)),
            fields: fields(name, node.fields),
          },
        ]
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        return [{ ...node, fields: inputs(node.fields, (field) => `${name}.${field}`) }]
      case Kind.ENUM_TYPE_DEFINITION:
        return [
          {
            ...node,
            values: (node.values ?? [])
              .filter((value) => present(`${name}.${value.name.value}`))
              .map((value) => age(`${name}.${value.name.value}`, value)),
          },
        ]
      case Kind.UNION_TYPE_DEFINITION:
        return [{ ...node, types: (node.types ?? []).filter((type) => present(type.name.value)) }]
      default:
        return [node]
    }
  }

  const derived: DocumentNode = { kind: Kind.DOCUMENT, definitions: document.definitions.flatMap(derive) }
  const schema = buildASTSchema(withoutOrphans(derived))
  assertValidSchema(schema)
  return schema
}

/** Types of which nothing is left in a version, directly or because all their fields are of such types. */
function findEmptied(document: DocumentNode, isPresent: (coordinate: string) => boolean): ReadonlySet<string> {
  const emptied = new Set<string>()
  const isLeft = (type: string) => isPresent(type) && !emptied.has(type)
  const partsLeft = (node: DefinitionNode): number | null => {
    switch (node.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION:
      case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
        const fields: readonly (FieldDefinitionNode | InputValueDefinitionNode)[] = node.fields ?? []
        return fields.filter(
          (field) => isPresent(`${node.name.value}.${field.name.value}`) && isLeft(namedType(field.type)),
        ).length
      }
      case Kind.ENUM_TYPE_DEFINITION:
        return (node.values ?? []).filter((value) => isPresent(`${node.name.value}.${value.name.value}`)).length
      case Kind.UNION_TYPE_DEFINITION:
        return (node.types ?? []).filter((type) => isLeft(type.name.value)).length
      default:
        return null
    }
  }
  for (let before = -1; before !== emptied.size; ) {
    before = emptied.size
    for (const node of document.definitions) {
      if ('name' in node && node.name !== undefined && partsLeft(node) === 0) emptied.add(node.name.value)
    }
  }
  return emptied
}

const namedType = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type))

function deprecated(replacement: string | null): ConstDirectiveNode {
  const reason = replacement === null ? 'No longer supported' : `Use ${replacement}`
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'deprecated' },
    arguments: [
      { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: 'reason' }, value: { kind: Kind.STRING, value: reason } },
    ],
  }
}

/** Drops types that no root field leads to; what implements a reachable interface is reachable. */
function withoutOrphans(document: DocumentNode): DocumentNode {
  const schema = buildASTSchema(document)
  const seen = new Set<string>()
  const visit = (name: string): void => {
    const type = schema.getType(name)
    if (type === undefined || seen.has(name)) return
    seen.add(name)
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) visit(getNamedType(field.type).name)
    } else if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        visit(getNamedType(field.type).name)
        for (const argument of field.args) visit(getNamedType(argument.type).name)
      }
      for (const parent of type.getInterfaces()) visit(parent.name)
      if (isInterfaceType(type)) for (const object of schema.getPossibleTypes(type)) visit(object.name)
    } else if (isUnionType(type)) {
      for (const member of type.getTypes()) visit(member.name)
    }
  }
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    if (root !== null && root !== undefined) visit(root.name)
  }
  return {
    ...document,
    definitions: document.definitions.filter(
      (node) =>
        !('name' in node) ||
        node.kind === Kind.DIRECTIVE_DEFINITION ||
        node.name === undefined ||
        seen.has(node.name.value),
    ),
  }
}
