import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from 'graphql'
import type { Operation } from '../operations.ts'
import type { Lane } from './lanes.ts'

/** Of root fields that carry no `@lane`. */
const usualLane: Readonly<Record<Operation['kind'], Lane>> = { query: 'P2', mutation: 'P1', subscription: 'P2' }

/**
 * The lane an operation goes in: that of its least important root field, so that no export rides with a reservation.
 * @param lanes by coordinate of a root field
 * @param rootName name of the operation's root type
 */
export function laneOf(operation: Operation, lanes: ReadonlyMap<string, Lane>, rootName: string): Lane {
  let lane: Lane | null = null
  for (const field of rootFields(operation.document, operation.node.selectionSet)) {
    if (field === '__typename') continue
    const own = lanes.get(`${rootName}.${field}`) ?? usualLane[operation.kind]
    if (lane === null || own > lane) lane = own
  }
  return lane ?? usualLane[operation.kind]
}

function rootFields(document: DocumentNode, root: SelectionSetNode): ReadonlySet<string> {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const names = new Set<string>()
  const entered = new Set<string>()
  const collect = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value)
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet)
      else if (!entered.has(selection.name.value)) {
        entered.add(selection.name.value)
        const fragment = fragments.get(selection.name.value)
        if (fragment !== undefined) collect(fragment.selectionSet)
      }
    }
  }
  collect(root)
  return names
}
