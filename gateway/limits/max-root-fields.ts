import { type DocumentNode, Kind, type SelectionSetNode } from 'graphql'
import type { Limit } from './limit.ts'

/** Fields directly under one operation, those of fragments used there included. */
export const maxRootFields: Limit = {
  name: 'maxRootFields',
  counts: 'fields at the root of an operation',
  measure(document) {
    const fragments = fragmentsOf(document)
    let greatest = 0
    for (const definition of document.definitions) {
      if (definition.kind !== Kind.OPERATION_DEFINITION) continue
      greatest = Math.max(greatest, countRoots(definition.selectionSet, fragments, new Map()))
    }
    return greatest
  },
}

type Fragments = ReadonlyMap<string, SelectionSetNode>

function fragmentsOf(document: DocumentNode): Fragments {
  return new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition.selectionSet] as const] : [],
    ),
  )
}

function countRoots(set: SelectionSetNode, fragments: Fragments, known: Map<string, number>): number {
  let count = 0
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) count += 1
    else if (selection.kind === Kind.INLINE_FRAGMENT) count += countRoots(selection.selectionSet, fragments, known)
    else count += countFragment(selection.name.value, fragments, known)
  }
  return Math.min(count, Number.MAX_SAFE_INTEGER)
}

function countFragment(name: string, fragments: Fragments, known: Map<string, number>): number {
  const before = known.get(name)
  if (before !== undefined) return before
  known.set(name, 0)
  const set = fragments.get(name)
  const count = set === undefined ? 0 : countRoots(set, fragments, known)
  known.set(name, count)
  return count
}
