import { type FieldNode, Kind, print, type SelectionSetNode, stripIgnoredCharacters } from 'graphql'
import type { DataObject } from './data.ts'
import { openFragments } from './open-fragments.ts'
import type { PlanCall, PlanLookup } from './plan.ts'

/** Names of an object type's fields, each with those of the object type below it; null: a leaf. */
export type FieldTree = ReadonlyMap<string, FieldTree | null>

/** What of one type of one subgraph may be kept between requests, by the entity's `id`. */
export type KeepableEntity = { readonly service: string; readonly typeName: string; readonly fields: FieldTree }

/** A lookup of which nothing but that is asked. */
export type KeepableLookup = {
  readonly entity: KeepableEntity /** What is asked, as text. */
  readonly selection: string
}

/** What is kept between requests, as one request may use it. */
export type KeptEntities = { open(lookup: KeepableLookup): KeptAnswers }

/** The kept answers of one lookup for one request. */
export type KeptAnswers = {
  /** A copy that belongs to the caller; null: the subgraph knows no such entity; undefined: not kept, so it must be asked. */
  take(id: string): DataObject | null | undefined
  /**
   * Keeps copies of what the subgraph answered to a call made after `open`, of entities that have not changed since.
   * @param ids one for each answer; undefined: not to be kept
   */
  keep(ids: readonly (string | undefined)[], answers: readonly unknown[]): void
}

/** @returns undefined when anything of the lookup, or of what it sends, is not declared keepable */
export const keepableLookup = (
  call: PlanCall,
  lookup: PlanLookup,
  entities: readonly KeepableEntity[],
): KeepableLookup | undefined => {
  const typeName = lookup.inputRewrites.length + lookup.outputRewrites.length === 0 ? typeSentById(lookup) : undefined
  const entity = entities.find((one) => one.service === call.service && one.typeName === typeName)
  if (entity === undefined || call.operation !== 'query') return undefined
  const field = openFragments(call.text).selectionSet.selections.find(
    (selection): selection is FieldNode =>
      selection.kind === Kind.FIELD && (selection.alias ?? selection.name).value === lookup.key,
  )
  const asked = field?.selectionSet
  if (asked === undefined || (field?.directives?.length ?? 0) > 0 || !isOnEntity(asked, entity)) return undefined
  return { entity, selection: stripIgnoredCharacters(print(asked)) }
}

/** The one type whose `id`, and nothing else, a lookup sends. */
const typeSentById = ({ requires }: PlanLookup): string | undefined => {
  const [fragment] = requires
  if (requires.length !== 1 || fragment?.kind !== 'fragment') return undefined
  if (fragment.skipIf !== undefined || fragment.includeIf !== undefined) return undefined
  const sent = fragment.selections.map((selection) =>
    selection.kind === 'field' && selection.selections === undefined && selection.from === selection.to
      ? selection.to
      : '',
  )
  return sent.sort().join() === '__typename,id' ? fragment.on : undefined
}

const isOnEntity = ({ selections }: SelectionSetNode, { typeName, fields }: KeepableEntity): boolean =>
  selections.every((selection) => {
    if (selection.kind !== Kind.INLINE_FRAGMENT)
      return selection.kind === Kind.FIELD && isTypeName(selection) && !selection.directives?.length
    const isOnType = selection.typeCondition?.name.value === typeName && !selection.directives?.length
    return isOnType && isWithin(selection.selectionSet, fields)
  })

/** What has arguments or directives is left out: its value hangs on the request. All types are object types, so fragments apply. */
const isWithin = ({ selections }: SelectionSetNode, fields: FieldTree): boolean =>
  selections.every((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD || selection.directives?.length) return false
    if (selection.kind === Kind.INLINE_FRAGMENT) return isWithin(selection.selectionSet, fields)
    if (selection.arguments?.length) return false
    if (isTypeName(selection)) return true
    const below = fields.get(selection.name.value)
    if (below === undefined) return false
    return below === null ? selection.selectionSet === undefined : isWithin(selection.selectionSet ?? none, below)
  })

const isTypeName = (field: FieldNode): boolean => field.name.value === '__typename'

const none: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] }
