import {
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import { type Conditions, isIncluded } from './conditions.ts'
import { type FragmentNode, isDeferred } from './defer.ts'
import type { ResponsePath } from './places.ts'

/** What one part of an answer is made of, whatever the types: paths of keys, joined by dots, without list positions. */
export type Selected = {
  /** Keys of the merged data. */
  readonly needed: ReadonlySet<string>
  /** The client's keys. */
  readonly told: ReadonlySet<string>
}

export type Deferrals = {
  /** What is told first. */
  readonly initial: Selected
  readonly later: readonly Selected[]
  /** What a deferred fragment tells at a place. */
  at(fragment: FragmentNode, path: ResponsePath): Selected | undefined
}

type Growing = { readonly needed: Set<string>; readonly told: Set<string> }

/** An operation with more deferred fragments, all named ones written out, is answered whole. */
const maxDeferrals = 50

/** @returns undefined when nothing is deferred under these conditions, or too much */
export const findDeferrals = (
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  keyOf: (field: FieldNode) => string,
  conditions: Conditions,
): Deferrals | undefined => {
  const initial: Growing = { needed: new Set(), told: new Set() }
  const found = new Map<FragmentNode, Map<string, Growing>>()
  const later: Growing[] = []

  const deferralAt = (fragment: FragmentNode, at: string): Growing => {
    const byPath = found.get(fragment) ?? new Map<string, Growing>()
    found.set(fragment, byPath)
    const known = byPath.get(at)
    if (known !== undefined) return known
    const made: Growing = { needed: new Set(), told: new Set() }
    byPath.set(at, made)
    later.push(made)
    return made
  }

  const walk = (selectionSet: SelectionSetNode, place: Place, selected: Growing): void => {
    selected.needed.add(joinKeys(place.needed, '__typename'))
    for (const selection of selectionSet.selections) {
      if (isIncluded(selection, conditions) !== true || later.length > maxDeferrals) continue
      if (selection.kind === Kind.FIELD) {
        const below: Place = {
          needed: joinKeys(place.needed, keyOf(selection)),
          told: joinKeys(place.told, (selection.alias ?? selection.name).value),
        }
        selected.needed.add(below.needed)
        selected.told.add(below.told)
        const isMeta = selection.name.value.startsWith('__')
        if (selection.selectionSet !== undefined && !isMeta) walk(selection.selectionSet, below, selected)
        continue
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
      if (fragment === undefined) continue
      const part = isDeferred(selection, conditions) ? deferralAt(selection, place.told) : selected
      walk(fragment.selectionSet, place, part)
    }
  }

  walk(operation.selectionSet, { needed: '', told: '' }, initial)
  if (later.length === 0 || later.length > maxDeferrals) return undefined
  return { initial, later, at: (fragment, path) => found.get(fragment)?.get(keysOf(path)) }
}

type Place = { readonly needed: string; readonly told: string }

export const joinKeys = (place: string, key: string): string => (place === '' ? key : `${place}.${key}`)

/** A path without its list positions, as in `Selected`. */
export const keysOf = (path: ResponsePath): string => path.filter((element) => typeof element === 'string').join('.')
