import { type FieldNode, Kind, print, type SelectionSetNode, stripIgnoredCharacters, visit } from 'graphql'
import { groupBy } from '../../platform/group-by.ts'
import { joinKeys } from './deferrals.ts'
import { openFragments } from './open-fragments.ts'
import type { DataPath, PlanCall, PlanLookup, PlanStep, RequiredSelection } from './plan.ts'
import { renamePath } from './rewrites.ts'

export type SlicedPlan = {
  /** Does what the plan given does; calls whose lookups are wanted at different times are taken apart. */
  readonly plan: PlanStep
  /** For each want the calls it hangs on, those that calls hang on included. */
  readonly slices: readonly ReadonlySet<PlanCall>[]
}

/** A call on root fields, or one lookup of a call. */
type Unit = {
  readonly call: PlanCall
  readonly lookup: PlanLookup | undefined
  /** Paths of merged data it brings. */
  readonly brings: ReadonlySet<string>
  /** Paths of merged data that must be there before. */
  readonly needs: ReadonlySet<string>
  readonly before: readonly Unit[]
}

/**
 * Finds the calls that data at some paths hangs on. Types are left out of the paths, so in doubt a call is in a slice.
 *
 * @param wants paths of keys as in `Selected.needed`; what only later ones want is taken out of the calls of the first
 */
export const slicePlan = (
  plan: PlanStep,
  wants: readonly ReadonlySet<string>[],
  isInterface: (typeName: string) => boolean,
): SlicedPlan => {
  const units = toUnits(plan, [], isInterface)
  const slices = wants.map((wanted) => closure(units, wanted))
  const wantedBy = (unit: Unit): string =>
    slices[0]?.has(unit) ? 'first' : slices.flatMap((slice, index) => (slice.has(unit) ? [index] : [])).join()
  const groups = groupBy(units, (unit) => unit.call)
  const parts = new Map<Unit, PlanCall>()
  const together = new Map<PlanCall, readonly Unit[]>()

  const apart = mapCalls(plan, (call) => {
    const wanted = groupBy(groups.get(call) ?? [], wantedBy)
    const steps = [...wanted.values()].map((group) => {
      const part = wanted.size === 1 ? call : onlyLookups(call, group)
      for (const unit of group) parts.set(unit, part)
      together.set(part, group)
      return part
    })
    return steps.length === 1 ? steps[0] : { kind: 'parallel', steps }
  })

  const callsOf = (slice: ReadonlySet<Unit>): ReadonlySet<PlanCall> => {
    const calls = new Set<PlanCall>()
    const add = (unit: Unit): void => {
      const call = parts.get(unit)
      if (call === undefined || calls.has(call)) return
      calls.add(call)
      // What else the call looks up must be there to be asked for, too.
      for (const other of together.get(call) ?? []) for (const earlier of dependencies(other)) add(earlier)
    }
    for (const unit of slice) add(unit)
    return calls
  }

  return { plan: apart ?? plan, slices: slices.map(callsOf) }
}

/** The plan with some of its calls only. */
export const keepCalls = (plan: PlanStep, kept: ReadonlySet<PlanCall>): PlanStep | undefined =>
  mapCalls(plan, (call) => (kept.has(call) ? call : undefined))

const mapCalls = (step: PlanStep, map: (call: PlanCall) => PlanStep | undefined): PlanStep | undefined => {
  switch (step.kind) {
    case 'call':
      return map(step)
    case 'sequence':
    case 'parallel': {
      const steps = step.steps.flatMap((child) => mapCalls(child, map) ?? [])
      return steps.length === 0 ? undefined : { ...step, steps }
    }
    case 'condition': {
      const whenTrue = step.whenTrue && mapCalls(step.whenTrue, map)
      const whenFalse = step.whenFalse && mapCalls(step.whenFalse, map)
      return whenTrue === undefined && whenFalse === undefined ? undefined : { ...step, whenTrue, whenFalse }
    }
  }
}

const closure = (units: readonly Unit[], wanted: ReadonlySet<string>): ReadonlySet<Unit> => {
  const found = new Set<Unit>()
  const add = (unit: Unit): void => {
    if (found.has(unit)) return
    found.add(unit)
    for (const earlier of dependencies(unit)) add(earlier)
  }
  for (const unit of units) if (meets(unit.brings, wanted)) add(unit)
  return found
}

const dependencies = (unit: Unit): Unit[] => unit.before.filter((earlier) => meets(earlier.brings, unit.needs))

const meets = (left: ReadonlySet<string>, right: ReadonlySet<string>): boolean => {
  for (const path of left) if (right.has(path)) return true
  return false
}

const toUnits = (step: PlanStep, before: readonly Unit[], isInterface: (typeName: string) => boolean): Unit[] => {
  switch (step.kind) {
    case 'call':
      return toCallUnits(step, before, isInterface)
    case 'sequence': {
      const units: Unit[] = []
      for (const child of step.steps) units.push(...toUnits(child, [...before, ...units], isInterface))
      return units
    }
    case 'parallel':
      return step.steps.flatMap((child) => toUnits(child, before, isInterface))
    case 'condition':
      return [step.whenTrue, step.whenFalse].flatMap((child) => (child ? toUnits(child, before, isInterface) : []))
  }
}

const toCallUnits = (call: PlanCall, before: readonly Unit[], isInterface: (typeName: string) => boolean): Unit[] => {
  const root = openFragments(call.text).selectionSet
  if (call.lookups.length === 0) {
    const place = placeOf(call.rootPath)
    const fields = fieldPaths(root).map((path) => renamePath(path, call.rootRewrites).join('.'))
    const brings = new Set(fields.map((path) => joinKeys(place, path)))
    return [{ call, lookup: undefined, brings, needs: new Set(pathsTo(call.rootPath)), before }]
  }
  return call.lookups.map((lookup) => {
    const field = root.selections.find(
      (selection): selection is FieldNode => selection.kind === Kind.FIELD && responseKey(selection) === lookup.key,
    )
    const known = knownBefore(lookup, isInterface)
    const fresh = (field?.selectionSet === undefined ? [] : fieldPaths(field.selectionSet))
      .map((path) => renamePath(path, lookup.outputRewrites).join('.'))
      .filter((path) => !known.has(path))
    const places = lookup.paths.map(placeOf)
    const required = lookup.requires.flatMap(requiredPaths)
    return {
      call,
      lookup,
      brings: new Set(places.flatMap((place) => fresh.map((path) => joinKeys(place, path)))),
      needs: new Set([
        ...lookup.paths.flatMap(pathsTo),
        ...places.flatMap((place) => required.map((path) => joinKeys(place, path))),
      ]),
      before,
    }
  })
}

const responseKey = (field: FieldNode): string => (field.alias ?? field.name).value

const placeOf = (path: DataPath): string => path.flatMap((step) => (step.kind === 'key' ? [step.name] : [])).join('.')

/** Every object on the way and what it is. */
const pathsTo = (path: DataPath): string[] => {
  const paths: string[] = []
  let place = ''
  for (const step of path) {
    if (step.kind === 'key') {
      place = joinKeys(place, step.name)
      paths.push(place)
    }
    paths.push(joinKeys(place, '__typename'))
  }
  return paths
}

const fieldPaths = (selectionSet: SelectionSetNode): string[][] =>
  selectionSet.selections.flatMap((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return []
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldPaths(selection.selectionSet)
    const key = responseKey(selection)
    const below = selection.selectionSet === undefined ? [] : fieldPaths(selection.selectionSet)
    return [[key], ...below.map((path) => [key, ...path])]
  })

const requiredPaths = (selection: RequiredSelection): string[] =>
  selection.kind === 'fragment'
    ? selection.selections.flatMap(requiredPaths)
    : [
        selection.from,
        ...(selection.selections ?? []).flatMap(requiredPaths).map((path) => joinKeys(selection.from, path)),
      ]

/**
 * What every object a lookup is for has had before, since it was asked by it. The type of an interface object is not:
 * it may be just what is looked up.
 */
const knownBefore = ({ requires }: PlanLookup, isInterface: (typeName: string) => boolean): ReadonlySet<string> => {
  const perFragment = requires.map((selection) => {
    const isCertain =
      selection.kind === 'fragment' && selection.skipIf === undefined && selection.includeIf === undefined
    return new Set(isCertain ? requiredPaths(selection) : [])
  })
  const [first = new Set<string>(), ...others] = perFragment
  const known = new Set([...first].filter((path) => others.every((paths) => paths.has(path))))
  const isObject = requires.every(
    (selection) => selection.kind === 'fragment' && selection.on !== undefined && !isInterface(selection.on),
  )
  if (isObject) known.add('__typename')
  else known.delete('__typename')
  return known
}

const onlyLookups = (call: PlanCall, units: readonly Unit[]): PlanCall => {
  const lookups = units.flatMap(({ lookup }) => lookup ?? [])
  const keys = new Set(lookups.map(({ key }) => key))
  const operation = openFragments(call.text)
  const selections = operation.selectionSet.selections.filter(
    (selection) => selection.kind === Kind.FIELD && keys.has(responseKey(selection)),
  )
  const used = new Set<string>()
  for (const selection of selections) visit(selection, { Variable: ({ name }) => void used.add(name.value) })
  const text = print({
    ...operation,
    variableDefinitions: (operation.variableDefinitions ?? []).filter(({ variable }) => used.has(variable.name.value)),
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  })
  return {
    ...call,
    text: stripIgnoredCharacters(text),
    variables: call.variables.filter((name) => used.has(name)),
    lookups,
  }
}
