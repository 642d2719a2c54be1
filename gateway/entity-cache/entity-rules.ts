import {
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql'
import type { Policy } from '../../policies/policy.ts'
import type { AccessRules } from '../authorize/access-rules.ts'
import type { FieldTree, KeepableEntity } from '../executor/keepable.ts'
import { argumentOf } from '../executor/supergraph-arguments.ts'
import { compilePath, type ReadPath } from '../push/event-path.ts'
import { argumentsOf, directiveOf, namedType } from '../push/stream-field.ts'

/** What one `@entityCache` declares. */
export type EntityRule = KeepableEntity & {
  readonly events: ReadonlySet<string>
  /** Ids of changed entities in an event. */
  readonly ids: readonly ReadPath[]
  /** Viewers for whom all of them decide alike share what is kept. */
  readonly sees: readonly Policy[]
}

/**
 * Reads every `@entityCache` of a supergraph.
 * @param access what is only for some is never kept
 * @param policies what `sees` may name
 * @throws RangeError naming the type whose declaration cannot be
 */
export function readEntityRules(
  supergraph: DocumentNode,
  access: AccessRules,
  policies: readonly Policy[],
): readonly EntityRule[] {
  const objects = new Map<string, ObjectTypeDefinitionNode>()
  const services = new Map<string, string>()
  for (const node of supergraph.definitions) {
    if (node.kind === Kind.OBJECT_TYPE_DEFINITION) objects.set(node.name.value, node)
    if (node.kind !== Kind.ENUM_TYPE_DEFINITION || node.name.value !== 'join__Graph') continue
    for (const value of node.values ?? []) {
      const graph = directiveOf(value, 'join__graph')
      services.set(value.name.value, (graph && argumentOf(graph, 'name')) ?? value.name.value)
    }
  }

  function readRule(type: ObjectTypeDefinitionNode, declared: Readonly<Record<string, unknown>>): EntityRule {
    const typeName = type.name.value
    const refuse = (why: string) => new RangeError(`Cannot keep ${typeName}: ${why}`)
    if (access.ofType.has(typeName)) throw refuse('it is not for everyone')
    const { selectionSet } = parseFields(String(declared.fields), refuse)
    const fields = new Map([['id', null], ...readTree(type, selectionSet, refuse)])
    const graphs = new Set(
      selectionSet.selections.flatMap((selection) =>
        selection.kind === Kind.FIELD ? graphsOf(type, fieldOf(type, selection.name.value, refuse)).join() : [],
      ),
    )
    const [graph = ''] = graphs
    const service = services.get(graph)
    if (graphs.size !== 1 || service === undefined) throw refuse('its fields must be of one subgraph, and of it alone')
    const events = textsOf(declared.events)
    const ids = textsOf(declared.ids)
    if (events.length === 0 || ids.length === 0) throw refuse('it names no events, or no ids in them')
    const sees = textsOf(declared.sees).map((name) => {
      const policy = policies.find((candidate) => candidate.name === name)
      if (policy === undefined) throw refuse(`there is no policy ${name}`)
      return policy
    })
    return { service, typeName, fields, events: new Set(events), ids: ids.map(compilePath), sees }
  }

  function readTree(type: ObjectTypeDefinitionNode, { selections }: SelectionSetNode, refuse: Refuse): FieldTree {
    const tree = new Map<string, FieldTree | null>()
    for (const selection of selections) {
      if (selection.kind !== Kind.FIELD) throw refuse('its fields are named without fragments')
      const field = fieldOf(type, selection.name.value, refuse)
      const coordinate = `${type.name.value}.${field.name.value}`
      const of = namedType(field.type)
      if (field.arguments?.length) throw refuse(`${coordinate} takes arguments`)
      if (access.ofField.has(coordinate) || access.ofType.has(of)) throw refuse(`${coordinate} is not for everyone`)
      const below = objects.get(of)
      if (below?.directives?.some((join) => join.name.value === 'join__type' && argumentOf(join, 'key'))) {
        throw refuse(`${coordinate} is an entity, which events of its own change`)
      }
      if ((below === undefined) !== (selection.selectionSet === undefined)) {
        throw refuse(`${coordinate} needs ${below === undefined ? 'no selection' : 'a selection'}`)
      }
      const isLeaf = below === undefined || selection.selectionSet === undefined
      tree.set(field.name.value, isLeaf ? null : readTree(below, selection.selectionSet, refuse))
    }
    return tree
  }

  return [...objects.values()].flatMap((type) =>
    (type.directives ?? [])
      .filter((directive) => directive.name.value === 'entityCache')
      .map((directive) => readRule(type, argumentsOf(directive))),
  )
}

type Refuse = (why: string) => RangeError

function parseFields(fields: string, refuse: Refuse): { readonly selectionSet: SelectionSetNode } {
  try {
    const [definition] = parse(`{ ${fields} }`, { noLocation: true }).definitions
    if (definition?.kind === Kind.OPERATION_DEFINITION) return definition
  } catch {}
  throw refuse('its fields are no selection')
}

function fieldOf(type: ObjectTypeDefinitionNode, name: string, refuse: Refuse): FieldDefinitionNode {
  const field = type.fields?.find((candidate) => candidate.name.value === name)
  if (field === undefined) throw refuse(`${type.name.value} has no field ${name}`)
  return field
}

/** Subgraphs that resolve the field, as members of `join__Graph`. */
function graphsOf(type: ObjectTypeDefinitionNode, field: FieldDefinitionNode): readonly string[] {
  const joined = (field.directives ?? []).filter(({ name }) => name.value === 'join__field')
  const of = joined.length > 0 ? joined : (type.directives ?? []).filter(({ name }) => name.value === 'join__type')
  return [
    ...new Set(
      of.filter((join) => argumentOf(join, 'external') !== 'true').map((join) => argumentOf(join, 'graph') ?? ''),
    ),
  ]
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
