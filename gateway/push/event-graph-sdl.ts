import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  print,
} from 'graphql'
import { argumentsOf, directiveOf, namedType, type StreamFields } from './stream-field.ts'

/** The subgraph that stands for the event log; its transport answers in this process. */
export const eventGraphName = 'push'
const graph = 'PUSH'

/** The field of Query by which an event's payload enters the graph; no client can ask for it. */
export function entryOf(streamName: string): string {
  return `push__${streamName}`
}

/**
 * Adds the event log to a supergraph as one more subgraph. It owns the payloads of streams, and of an entity in them it
 * knows the key alone, so that planning fetches everything else where it belongs.
 * @param options.entries adds the entry fields; with false only pages move to the event log
 */
export function addEventGraph(
  supergraph: DocumentNode,
  { streams, pages }: StreamFields,
  options: { readonly entries: boolean },
): string {
  const definitions = new Map<string, DefinitionNode>()
  for (const node of supergraph.definitions) {
    if ('name' in node && node.name !== undefined && node.kind !== Kind.DIRECTIVE_DEFINITION) {
      definitions.set(node.name.value, node)
    }
  }
  const reached = new Set<string>()

  function reach(name: string): void {
    if (reached.has(name)) return
    reached.add(name)
    const node = definitions.get(name)
    switch (node?.kind) {
      case undefined:
        return
      case Kind.SCALAR_TYPE_DEFINITION:
        definitions.set(name, { ...node, directives: [...(node.directives ?? []), joinType()] })
        return
      case Kind.ENUM_TYPE_DEFINITION: {
        const values = node.values?.map((value) => ({
          ...value,
          directives: [...(value.directives ?? []), constDirective(`@join__enumValue(graph: ${graph})`)],
        }))
        definitions.set(name, {
          ...node,
          directives: [...(node.directives ?? []), joinType()],
          ...(values && { values }),
        })
        return
      }
      case Kind.UNION_TYPE_DEFINITION: {
        const members = node.types?.map(({ name: { value } }) => value) ?? []
        const joined = members.map((member) =>
          constDirective(`@join__unionMember(graph: ${graph}, member: ${JSON.stringify(member)})`),
        )
        definitions.set(name, { ...node, directives: [...(node.directives ?? []), joinType(), ...joined] })
        for (const member of members) reach(member)
        return
      }
      case Kind.OBJECT_TYPE_DEFINITION:
        reachObject(node)
        return
      default:
        throw new TypeError(`Cannot stream ${name}: a payload may lead to objects, unions, enums and scalars`)
    }
  }

  function reachObject(node: ObjectTypeDefinitionNode): void {
    const name = node.name.value
    const key = keyOf(node)
    const fields = node.fields?.map((field): FieldDefinitionNode => {
      if (key !== null && field.name.value !== key) return pinned(field, node)
      return isPinned(field) ? { ...field, directives: [...(field.directives ?? []), joinField()] } : field
    })
    const directives = [...(node.directives ?? []), joinType(key)]
    definitions.set(name, { ...node, directives, ...(fields && { fields }) })
    for (const field of node.fields ?? []) {
      if (key === null || field.name.value === key) reach(namedType(field.type))
    }
  }

  for (const { payload } of options.entries ? streams : pages) reach(payload)
  const query = definitions.get('Query')
  if (query?.kind !== Kind.OBJECT_TYPE_DEFINITION) throw new TypeError('Cannot add the event log: there is no Query')
  const byName = new Map(pages.map((page) => [page.name, page]))
  const moved = (query.fields ?? []).map((field): FieldDefinitionNode => {
    if (options.entries || !byName.has(field.name.value)) return pinned(field, query)
    for (const argument of field.arguments ?? []) reach(namedType(argument.type))
    const others = (field.directives ?? []).filter(({ name }) => name.value !== 'join__field')
    return { ...field, directives: [...others, joinField()] }
  })
  const entries = options.entries ? streams.map(({ name, payload }) => entryField(entryOf(name), payload)) : []
  definitions.set('Query', {
    ...query,
    directives: [...(query.directives ?? []), joinType()],
    fields: [...moved, ...entries],
  })
  const graphs = definitions.get('join__Graph')
  if (graphs?.kind !== Kind.ENUM_TYPE_DEFINITION) throw new TypeError('Cannot add the event log: this is no supergraph')
  definitions.set('join__Graph', {
    ...graphs,
    values: [
      ...(graphs.values ?? []),
      {
        kind: Kind.ENUM_VALUE_DEFINITION,
        name: { kind: Kind.NAME, value: graph },
        directives: [constDirective(`@join__graph(name: "${eventGraphName}", url: "")`)],
      },
    ],
  })
  return print({
    ...supergraph,
    definitions: supergraph.definitions.map((node) =>
      'name' in node && node.name !== undefined && node.kind !== Kind.DIRECTIVE_DEFINITION
        ? (definitions.get(node.name.value) ?? node)
        : node,
    ),
  })
}

/** @returns the one field by which the event log names an entity; null for what is no entity */
export function keyOf(node: ObjectTypeDefinitionNode): string | null {
  for (const directive of node.directives ?? []) {
    if (directive.name.value !== 'join__type') continue
    const { key } = argumentsOf(directive)
    if (typeof key === 'string' && /^\w+$/.test(key)) return key
  }
  return null
}

/** A field without a graph is in every graph of its type; those of an entity must not appear to be in the event log. */
function pinned(field: FieldDefinitionNode, type: ObjectTypeDefinitionNode): FieldDefinitionNode {
  if (isPinned(field)) return field
  const graphs = (type.directives ?? []).flatMap((directive) => {
    if (directive.name.value !== 'join__type') return []
    const value = directive.arguments?.find((argument) => argument.name.value === 'graph')?.value
    return value?.kind === Kind.ENUM ? [value.value] : []
  })
  const joined = [...new Set(graphs)].map((name) => constDirective(`@join__field(graph: ${name})`))
  return { ...field, directives: [...(field.directives ?? []), ...joined] }
}

function isPinned(field: FieldDefinitionNode): boolean {
  return directiveOf(field, 'join__field') !== undefined
}

function joinType(key: string | null = null): ConstDirectiveNode {
  const entity = key === null ? '' : `, key: "${key}", resolvable: false`
  return constDirective(`@join__type(graph: ${graph}${entity})`)
}

function joinField(): ConstDirectiveNode {
  return constDirective(`@join__field(graph: ${graph})`)
}

function entryField(name: string, payload: string): FieldDefinitionNode {
  const [definition] = parse(`type Query { ${name}: [${payload}] @join__field(graph: ${graph}) }`, {
    noLocation: true,
  }).definitions
  const field = definition?.kind === Kind.OBJECT_TYPE_DEFINITION ? definition.fields?.[0] : undefined
  if (field === undefined) throw new TypeError(`Cannot add the entry ${name}`)
  return field
}

function constDirective(text: string): ConstDirectiveNode {
  const [definition] = parse(`scalar S ${text}`, { noLocation: true }).definitions
  const directive = definition?.kind === Kind.SCALAR_TYPE_DEFINITION ? definition.directives?.[0] : undefined
  if (directive === undefined) throw new TypeError(`Cannot read the directive ${text}`)
  return directive
}
