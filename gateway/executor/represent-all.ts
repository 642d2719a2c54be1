import type { DataObject } from './data.ts'
import { type Kept, noteAsked, takeKept } from './kept.ts'
import { type IsOfType, visitObjects } from './places.ts'
import type { DataPath } from './plan.ts'
import type { Represent } from './representations.ts'
import { type Run, share } from './run.ts'
import { addTarget, type Targets } from './targets.ts'

/** The representations of one lookup in the form its transport takes: joined by commas, or as they are. */
export type RepresentationList = { text: string; readonly items: unknown[] | undefined }

/** One path of a lookup. */
export type Place = {
  readonly path: DataPath
  /** Whether objects that hold their key and nothing else, and the same one, may become one object. */
  readonly mayJoin: boolean
  /** The same for every lookup whose objects there are the same ones, whenever it looks; undefined: look again. */
  readonly name: string | undefined
}

export type Represented = {
  readonly represent: Represent
  readonly places: readonly Place[]
}

/**
 * Fills `targets` with what must be asked, and those of `kept` with what need not; puts the representations into `list`,
 * each different one once.
 */
export const representAll = (
  run: Run,
  { represent, places }: Represented,
  list: RepresentationList,
  targets: Targets,
  kept: Kept | undefined,
  isOfType: IsOfType,
): void => {
  const slotOfKey = new Map<unknown, number>()
  const slotOfText = new Map<string, number>()
  const { items } = list

  /** @returns undefined when it cannot be asked for */
  const ask = (object: DataObject, key: unknown): number | undefined => {
    // What has no key is told apart by its text alone.
    const needsText = items === undefined || key === undefined
    const text = needsText ? represent.textOf(object, run.variables) : undefined
    const item = needsText ? text : represent.entityOf(object)
    if (item === undefined) return undefined
    const known = key === undefined && text !== undefined ? slotOfText.get(text) : undefined
    if (known !== undefined) return known
    const slot = targets.count++
    if (key !== undefined) slotOfKey.set(key, slot)
    else if (text !== undefined) slotOfText.set(text, slot)
    if (items === undefined) list.text += slot === 0 ? text : `,${text}`
    else items.push(text === undefined ? item : JSON.parse(text))
    if (kept !== undefined) noteAsked(kept, key, object)
    return slot
  }

  const slotOf = (object: DataObject, key: unknown): number | undefined => {
    const known = key === undefined ? undefined : slotOfKey.get(key)
    if (known !== undefined) return known
    const slot = kept && takeKept(kept, key, object)
    if (slot === undefined) return ask(object, key)
    slotOfKey.set(key, slot)
    return slot
  }

  for (const [index, { path, mayJoin, name }] of places.entries()) {
    // Where they were looked for before, what holds them is not at hand.
    const joins = mayJoin && (name === undefined || !run.found.has(name))
    targets.firsts = []
    if (kept !== undefined) kept.targets.firsts = []
    const visit = (object: DataObject): DataObject => {
      const key = represent.keyOf(object)
      const slot = slotOf(object, key)
      if (slot === undefined) return object
      const isAsked = slot >= 0 || kept === undefined
      const into = isAsked ? targets : kept.targets
      const at = isAsked ? slot : -1 - slot
      if (joins && key !== undefined) {
        const first = into.firsts[at]
        if (first === undefined) into.firsts[at] = object
        else if (first === object) return object
        else if (represent.isKeyAlone(object) && represent.isKeyAlone(first)) return share(run, first)
      }
      addTarget(into, object, at, index)
      return object
    }
    visitPlace(run, path, name, isOfType, visit)
  }
}

/** Every object of a place, once; each time after the first without looking for them. */
const visitPlace = (
  run: Run,
  path: DataPath,
  name: string | undefined,
  isOfType: IsOfType,
  visit: (object: DataObject) => DataObject,
): void => {
  const entered = run.shared && { shared: run.shared, before: new Map<object, object>() }
  if (name === undefined) {
    visitObjects(run.data, path, 0, isOfType, visit, entered)
    return
  }
  const known = run.found.get(name)
  if (known !== undefined) {
    for (const object of known) visit(object)
    return
  }
  const found: DataObject[] = []
  const note = (object: DataObject): DataObject => {
    const stays = visit(object)
    if (stays === object) found.push(object)
    return stays
  }
  visitObjects(run.data, path, 0, isOfType, note, entered)
  // None: what brings them has not answered, or brought none.
  if (found.length > 0) run.found.set(name, found)
}
