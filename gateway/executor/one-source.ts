import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql'
import type { DataPath, PlanCall, Rewrite } from './plan.ts'

/**
 * Tells whether the objects at a path are of one call's answers alone, but for what lookups at the very path add. Those
 * add what hangs on the object alone; another call from above could tell two objects apart that are equal so far.
 */
export const createHasOneSource = (calls: readonly PlanCall[]): ((path: DataPath) => boolean) => {
  let sources: readonly Source[] | undefined
  return (path) => {
    sources ??= calls.flatMap(sourcesOf)
    const keys = keysOf(path)
    return sources.filter((source) => isFrom(source, keys)).length <= 1
  }
}

/** An answer put at one path. */
type Source = {
  readonly keys: readonly string[]
  readonly isLookup: boolean
  /** Its keys are not those of the text. */
  readonly isRenamed: boolean
  readonly selected: SelectionSets
  readonly document: DocumentNode
}

/** By identity, since fragments that spread fragments would else be more than can be looked at. */
type SelectionSets = ReadonlySet<SelectionSetNode>

const sourcesOf = (call: PlanCall): Source[] => {
  const document = parse(call.text, { noLocation: true })
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  const root: SelectionSets = new Set(operation === undefined ? [] : [operation.selectionSet])
  if (call.lookups.length === 0) {
    const isRenamed = renames(call.rootRewrites)
    return [{ keys: keysOf(call.rootPath), isLookup: false, isRenamed, selected: root, document }]
  }
  return call.lookups.flatMap(({ key, paths, outputRewrites }) => {
    const selected = below(root, key, document)
    const isRenamed = renames(outputRewrites)
    return paths.map((path) => ({ keys: keysOf(path), isLookup: true, isRenamed, selected, document }))
  })
}

const isFrom = (source: Source, keys: readonly string[]): boolean => {
  const { isLookup, isRenamed, document } = source
  if (source.keys.length > keys.length || source.keys.some((key, index) => key !== keys[index])) return false
  const rest = keys.slice(source.keys.length)
  if (rest.length === 0) return !isLookup
  if (isRenamed) return true
  let { selected } = source
  for (const key of rest) selected = below(selected, key, document)
  return selected.size > 0
}

const below = (sets: SelectionSets, key: string, { definitions }: DocumentNode): SelectionSets => {
  const found = new Set<SelectionSetNode>()
  const open = new Set(sets)
  // A set that grows is walked to its end.
  for (const { selections } of open) {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const isMeant = (selection.alias ?? selection.name).value === key
        if (isMeant && selection.selectionSet !== undefined) found.add(selection.selectionSet)
      } else if (selection.kind === Kind.INLINE_FRAGMENT) open.add(selection.selectionSet)
      else {
        for (const definition of definitions) {
          if (definition.kind !== Kind.FRAGMENT_DEFINITION) continue
          if (definition.name.value === selection.name.value) open.add(definition.selectionSet)
        }
      }
    }
  }
  return found
}

const renames = (rewrites: readonly Rewrite[]): boolean => rewrites.some(({ kind }) => kind === 'rename')

const keysOf = (path: DataPath): string[] => path.flatMap((step) => (step.kind === 'key' ? [step.name] : []))
