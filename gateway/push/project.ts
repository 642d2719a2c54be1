import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql'
import { keyOf } from './event-graph-sdl.ts'
import { compilePath, memberOf, type PathSource } from './event-path.ts'
import { argumentsOf, directiveOf, namedType, type StreamFields } from './stream-field.ts'

/** A payload before anything is selected of it. */
export type Payload = { readonly typeName: string; readonly source: PathSource }

/** A page of payloads, as a field of Query answers it. */
export type Page = {
  readonly events: readonly Payload[]
  readonly endCursor: string | null
  readonly hasMore: boolean
}

type Variables = Readonly<Record<string, unknown>>
type FieldReader = { readonly type: string; readonly read: (parent: unknown) => unknown }

/** Answers what the executor asks of the event log: selects from payloads by the supergraph's SDL. */
export type Projector = {
  /** @returns the data of one root field's selection, for each payload */
  payloads(field: FieldNode, payloads: readonly Payload[], document: DocumentNode, variables: Variables): unknown[]
  page(field: FieldNode, typeName: string, page: Page, document: DocumentNode, variables: Variables): unknown
}

export function createProjector(supergraph: DocumentNode, { streams }: StreamFields): Projector {
  const fieldsOf = new Map<string, ReadonlyMap<string, FieldReader>>()
  const entityKeys = new Map<string, string>()
  const membersOf = new Map<string, ReadonlySet<string>>()
  const payloadTypes = new Set(
    streams.flatMap(({ eventType, snapshotType, gapType }) => [eventType, snapshotType, gapType]),
  )
  for (const node of supergraph.definitions) {
    if (node.kind === Kind.UNION_TYPE_DEFINITION) {
      membersOf.set(node.name.value, new Set(node.types?.map((type) => type.name.value)))
    }
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) continue
    const name = node.name.value
    const key = payloadTypes.has(name) ? null : keyOf(node)
    if (key !== null) entityKeys.set(name, key)
    const fields = (node.fields ?? []).map((field): [string, FieldReader] => {
      const type = namedType(field.type)
      const fieldName = field.name.value
      if (!payloadTypes.has(name)) return [fieldName, { type, read: (parent) => memberOf(parent, fieldName) }]
      const declared = directiveOf(field, 'fromEvent')
      const read = compilePath(declared === undefined ? `data.${fieldName}` : String(argumentsOf(declared).path))
      return [fieldName, { type, read: (parent) => read(parent as PathSource) }]
    })
    fieldsOf.set(name, new Map(fields))
  }

  function select(sets: readonly SelectionSetNode[], typeName: string, parent: unknown, scope: Scope): unknown {
    const selected = new Map<string, FieldNode[]>()
    for (const set of sets) collect(set, typeName, scope, selected)
    const result: Record<string, unknown> = Object.create(null)
    for (const [key, nodes] of selected) {
      const [node] = nodes
      if (node === undefined) continue
      const name = node.name.value
      if (name === '__typename') {
        result[key] = typeName
        continue
      }
      const reader = fieldsOf.get(typeName)?.get(name)
      if (reader === undefined) throw new TypeError(`Cannot project ${typeName}.${name}: there is no such field`)
      const subsets = nodes.flatMap(({ selectionSet }) => selectionSet ?? [])
      result[key] = complete(reader.read(parent), reader.type, subsets, scope)
    }
    return result
  }

  function complete(value: unknown, type: string, sets: readonly SelectionSetNode[], scope: Scope): unknown {
    if (value === undefined || value === null) return null
    if (Array.isArray(value)) return value.map((item) => complete(item, type, sets, scope))
    if (sets.length === 0) return value
    const key = entityKeys.get(type)
    if (key !== undefined) return select(sets, type, { [key]: value }, scope)
    if (isPayload(value)) return select(sets, value.typeName, value.source, scope)
    return select(sets, type, value, scope)
  }

  function collect(set: SelectionSetNode, typeName: string, scope: Scope, into: Map<string, FieldNode[]>): void {
    for (const selection of set.selections) {
      if (!isIncluded(selection.directives, scope.variables)) continue
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value
        const known = into.get(key)
        if (known === undefined) into.set(key, [selection])
        else known.push(selection)
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : scope.fragments.get(selection.name.value)
      const on = fragment?.typeCondition?.name.value
      if (fragment !== undefined && (on === undefined || on === typeName || membersOf.get(on)?.has(typeName))) {
        collect(fragment.selectionSet, typeName, scope, into)
      }
    }
  }

  const scopeOf = (document: DocumentNode, variables: Variables): Scope => ({
    fragments: new Map(
      document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
    ),
    variables,
  })

  return {
    payloads(field, payloads, document, variables) {
      const scope = scopeOf(document, variables)
      const sets = field.selectionSet === undefined ? [] : [field.selectionSet]
      return payloads.map((payload) => select(sets, payload.typeName, payload.source, scope))
    },
    page(field, typeName, page, document, variables) {
      return select(
        field.selectionSet === undefined ? [] : [field.selectionSet],
        typeName,
        page,
        scopeOf(document, variables),
      )
    },
  }
}

type Scope = { readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>; readonly variables: Variables }

/** The operation of a document the executor made; it has exactly one. */
export function operationOf(document: DocumentNode): OperationDefinitionNode {
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION)
  if (operation === undefined) throw new TypeError('Cannot answer: the document has no operation')
  return operation
}

function isPayload(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && 'typeName' in value && 'source' in value
}

function isIncluded(directives: readonly DirectiveNode[] | undefined, variables: Variables): boolean {
  return (directives ?? []).every(({ name, arguments: given }) => {
    const node = given?.find((argument) => argument.name.value === 'if')?.value
    const value = node === undefined ? undefined : valueFromASTUntyped(node, { ...variables })
    return name.value === 'skip' ? value !== true : name.value === 'include' ? value === true : true
  })
}
