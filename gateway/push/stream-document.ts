import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql'
import { AppError } from '../../platform/errors/app-error.ts'
import { entryOf } from './event-graph-sdl.ts'
import type { StreamField } from './stream-field.ts'

/** A subscription turned into the query that answers each of its events. */
export type StreamDocument = {
  readonly field: StreamField
  /** The root field as the client wrote it. */
  readonly node: FieldNode
  readonly responseKey: string
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
  /** Where in a payload's data the value stands that shows whether it may be told; empty: always. */
  readonly visiblePath: readonly string[]
  /** The client did not select the first member of `visiblePath`, so it is taken away again. */
  readonly visibleIsOurs: boolean
  /** Response keys of what belongs to the telling, see `isOfTelling`. */
  readonly tellingKeys: readonly string[]
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

/** What clients may not use as an alias. */
const ownPrefix = 'push__'
const visibleKey = `${ownPrefix}visible`

/**
 * @param operation a valid one, with one root field
 * @throws AppError `BAD_REQUEST` when the operation cannot be followed, `NOT_FOUND` when its field is no stream
 */
export function toStreamDocument(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  streams: ReadonlyMap<string, StreamField>,
  isTelling: (typeName: string, fieldName: string) => boolean,
): StreamDocument {
  const fragments: Fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  )
  const nodes = rootFields(operation.selectionSet, fragments)
  const [node] = nodes
  if (node === undefined) throw refusal('it selects no field')
  const field = streams.get(node.name.value)
  if (field === undefined) {
    throw new AppError('NOT_FOUND', `Cannot subscribe to ${node.name.value}: nothing feeds it here`)
  }
  const responseKey = node.alias?.value ?? node.name.value
  const selections = nodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? [])
  const [first, ...rest] = field.visible
  const selected = topLevel(selections, fragments, field.eventType)
  const sameKey = first === undefined ? undefined : selected.find(({ key }) => key === first)
  const canShare = sameKey === undefined || (sameKey.name === first && !sameKey.hasArguments)
  const top = canShare ? first : visibleKey
  const gate = first === undefined || top === undefined ? [] : gates(field, top, first, rest)
  const entry: FieldNode = {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: responseKey },
    name: { kind: Kind.NAME, value: entryOf(field.name) },
    selectionSet: { kind: Kind.SELECTION_SET, selections: [...selections, ...gate] },
  }
  const used = usedIn(entry, fragments)
  const query: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: 'query' as OperationDefinitionNode['operation'],
    ...(operation.name === undefined ? {} : { name: operation.name }),
    variableDefinitions: (operation.variableDefinitions ?? []).filter(({ variable }) =>
      used.variables.has(variable.name.value),
    ),
    selectionSet: { kind: Kind.SELECTION_SET, selections: [entry] },
  }
  const named = [...used.fragments].flatMap((name) => fragments.get(name) ?? [])
  return {
    field,
    node,
    responseKey,
    operation: query,
    document: { kind: Kind.DOCUMENT, definitions: [query, ...named] },
    visiblePath: top === undefined ? [] : [top, ...rest.slice(0, -1), ...(rest.length > 0 ? [visibleKey] : [])],
    visibleIsOurs: top !== undefined && (top === visibleKey || sameKey === undefined),
    tellingKeys: [...new Set(selected.filter(({ name }) => isTelling(field.eventType, name)).map(({ key }) => key))],
  }
}

function rootFields(set: SelectionSetNode, fragments: Fragments, seen = new Set<string>()): FieldNode[] {
  return set.selections.flatMap((selection): FieldNode[] => {
    if ((selection.directives ?? []).length > 0) {
      throw refusal('its root field has a directive; subscribe or do not, allowed below it are all')
    }
    if (selection.kind === Kind.FIELD) return [selection]
    if (selection.kind === Kind.INLINE_FRAGMENT) return rootFields(selection.selectionSet, fragments, seen)
    const name = selection.name.value
    const fragment = fragments.get(name)
    if (fragment === undefined || seen.has(name)) return []
    seen.add(name)
    return rootFields(fragment.selectionSet, fragments, seen)
  })
}

type Selected = { readonly key: string; readonly name: string; readonly hasArguments: boolean }

/** What a client selects of the event's type itself, whichever fragments it stands in. */
function topLevel(selections: readonly SelectionNode[], fragments: Fragments, typeName: string): Selected[] {
  const applies = (condition: string | undefined) => condition === undefined || condition === typeName
  return selections.flatMap((selection): Selected[] => {
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value
      return [{ key: selection.alias?.value ?? name, name, hasArguments: (selection.arguments ?? []).length > 0 }]
    }
    const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value)
    if (fragment === undefined || !applies(fragment.typeCondition?.name.value)) return []
    return topLevel(fragment.selectionSet.selections, fragments, typeName)
  })
}

function gates(field: StreamField, top: string, first: string, rest: readonly string[]): readonly SelectionNode[] {
  const inner = rest.reduceRight<SelectionNode | null>(
    (below, name, index) => fieldNode(name, index === rest.length - 1 ? visibleKey : name, below),
    null,
  )
  const selection = fieldNode(first, top, inner)
  return [field.eventType, field.snapshotType].flatMap((type) =>
    type === null
      ? []
      : [
          {
            kind: Kind.INLINE_FRAGMENT,
            typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } },
            selectionSet: { kind: Kind.SELECTION_SET, selections: [selection] },
          },
        ],
  )
}

function fieldNode(name: string, alias: string, below: SelectionNode | null): FieldNode {
  return {
    kind: Kind.FIELD,
    name: { kind: Kind.NAME, value: name },
    ...(alias === name ? {} : { alias: { kind: Kind.NAME, value: alias } }),
    ...(below === null ? {} : { selectionSet: { kind: Kind.SELECTION_SET, selections: [below] } }),
  }
}

function usedIn(entry: FieldNode, fragments: Fragments) {
  const used = { variables: new Set<string>(), fragments: new Set<string>() }
  const look = (node: FieldNode | FragmentDefinitionNode): void => {
    visit(node, {
      Variable: (variable) => {
        used.variables.add(variable.name.value)
      },
      Field: ({ alias }) => {
        if (node !== entry && alias?.value.startsWith(ownPrefix))
          throw refusal(`aliases may not begin with ${ownPrefix}`)
      },
      FragmentSpread: ({ name: { value } }) => {
        const fragment = fragments.get(value)
        if (fragment === undefined || used.fragments.has(value)) return
        used.fragments.add(value)
        look(fragment)
      },
    })
  }
  look(entry)
  return used
}

function refusal(why: string): AppError {
  return new AppError('BAD_REQUEST', `Cannot follow the subscription: ${why}`)
}
