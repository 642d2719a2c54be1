import { type FieldNode, Kind, type SelectionSetNode } from 'graphql'
import { AppError } from '../../platform/errors/app-error.ts'
import type { SubgraphError, SubgraphResponse } from '../../platform/subgraph/transport.ts'
import { type ClientError, fromFailure, fromSubgraphError } from './client-error.ts'
import type { ToClientPath } from './client-path.ts'
import type { DataObject } from './data.ts'
import { openFragments } from './open-fragments.ts'
import { collectPlaces, type IsOfType, type ResponsePath } from './places.ts'
import type { PlanCall, PlanLookup } from './plan.ts'
import { renamePath } from './rewrites.ts'
import type { Run } from './run.ts'

export type TroubleDeps = {
  readonly isOfType: IsOfType
  /** At most so many errors are told of one call. */
  readonly maxErrorsPerCall: number
  readonly toClientPath: ToClientPath
}

type Found = { readonly objects: readonly DataObject[]; readonly slots: readonly number[] }

/** Says in the client's terms what went wrong in one call. All of it is off the fast road. */
export type CallTrouble = {
  /** Tells the errors of an answer; with neither data nor errors the answer is malformed. */
  tell(run: Run, response: SubgraphResponse, found: readonly Found[]): void
  /** Tells at every field the call was for that it got no answer. */
  fail(run: Run, error: AppError, found: readonly Found[]): void
  malformed(what: string): AppError
}

export const createCallTrouble = (call: PlanCall, deps: TroubleDeps): CallTrouble => {
  const { service } = call

  const malformed = (what: string): AppError =>
    new AppError('UPSTREAM_INVALID_RESPONSE', `Cannot use the answer of ${service}: ${what}`)

  const placesOf = (run: Run, lookup: PlanLookup): Map<DataObject, ResponsePath[]> => {
    const places = new Map<DataObject, ResponsePath[]>()
    for (const path of lookup.paths) collectPlaces(run.data, path, deps.isOfType, places)
    return places
  }

  /** Data paths of every field the call was for, entity by entity. */
  const fieldPaths = function* (run: Run, found: readonly Found[]): Generator<ResponsePath> {
    const root = fieldsOf(openFragments(call.text).selectionSet)
    if (call.lookups.length === 0) {
      const places = new Map<DataObject, ResponsePath[]>()
      collectPlaces(run.data, call.rootPath, deps.isOfType, places)
      for (const place of [...places.values()].flat()) {
        for (const field of root) yield [...place, ...renamePath([keyOf(field)], call.rootRewrites)]
      }
      return
    }
    for (const [index, lookup] of call.lookups.entries()) {
      const places = placesOf(run, lookup)
      const selectionSet = root.find((field) => keyOf(field) === lookup.key)?.selectionSet
      const keys = [...new Set(selectionSet === undefined ? [] : fieldsOf(selectionSet).map(keyOf))]
      for (const place of placesOfObjects(found[index]?.objects ?? [], places)) {
        for (const key of keys) yield [...place, ...renamePath([key], lookup.outputRewrites)]
      }
    }
  }

  const tellEverywhere = (
    run: Run,
    found: readonly Found[],
    toError: (path: ResponsePath | undefined) => ClientError,
  ): void => {
    const told = new Set<string>()
    const cut: ResponsePath[] = []
    for (const dataPath of fieldPaths(run, found)) {
      const { path, kind } = deps.toClientPath(dataPath, run.data)
      if (kind === 'cut') cut.push(path)
      const key = JSON.stringify(path)
      if (kind !== 'whole' || told.has(key)) continue
      told.add(key)
      run.errors.push(toError(path))
      if (told.size >= deps.maxErrorsPerCall) return
    }
    // The call was for nothing the client selected itself, only for what another call needs to know.
    if (told.size === 0) run.errors.push(toError(cut.find((path) => path.length > 0)))
  }

  const pathsOf = (run: Run, error: SubgraphError, found: readonly Found[]): ResponsePath[] => {
    const { path } = error
    if (path === undefined || path.length === 0) return []
    const [key, slot, ...rest] = path
    const at = call.lookups.findIndex((lookup) => lookup.key === key)
    const lookup = call.lookups[at]
    if (lookup === undefined) {
      const places = new Map<DataObject, ResponsePath[]>()
      collectPlaces(run.data, call.rootPath, deps.isOfType, places)
      const own = renamePath(path, call.rootRewrites)
      return [...places.values()].flat().map((place) => [...place, ...own])
    }
    if (typeof slot !== 'number') return []
    const { objects, slots } = found[at] ?? { objects: [], slots: [] }
    const own = renamePath(rest, lookup.outputRewrites)
    const asked = objects.filter((_object, index) => slots[index] === slot)
    return placesOfObjects(asked, placesOf(run, lookup)).map((place) => [...place, ...own])
  }

  const tellOne = (run: Run, error: SubgraphError, response: SubgraphResponse, found: readonly Found[]): void => {
    const paths = pathsOf(run, error, found)
    const told = new Set<string>()
    for (const dataPath of paths) {
      const { path, kind } = deps.toClientPath(dataPath, run.data)
      const key = JSON.stringify(path)
      if (kind === 'excluded' || told.has(key) || told.size >= deps.maxErrorsPerCall) continue
      told.add(key)
      run.errors.push(fromSubgraphError(error, service, path))
    }
    if (paths.length > 0) return
    if (isEmpty(response)) tellEverywhere(run, found, (path) => fromSubgraphError(error, service, path))
    else run.errors.push(fromSubgraphError(error, service, undefined))
  }

  const fail = (run: Run, error: AppError, found: readonly Found[]): void =>
    tellEverywhere(run, found, (path) => fromFailure(error, service, path))

  return {
    malformed,
    fail,
    tell: (run, response, found) => {
      const errors = response.errors ?? []
      if (errors.length === 0 && isEmpty(response)) fail(run, malformed('it has neither data nor errors'), found)
      for (const error of errors.slice(0, deps.maxErrorsPerCall)) tellOne(run, error, response, found)
    },
  }
}

const isEmpty = (response: SubgraphResponse): boolean => response.data === null || response.data === undefined

const placesOfObjects = (
  objects: readonly DataObject[],
  places: ReadonlyMap<DataObject, readonly ResponsePath[]>,
): ResponsePath[] => [...new Set(objects)].flatMap((object) => places.get(object) ?? [])

const keyOf = (field: FieldNode): string => field.alias?.value ?? field.name.value

const fieldsOf = (selectionSet: SelectionSetNode): FieldNode[] =>
  selectionSet.selections.flatMap((selection) =>
    selection.kind === Kind.FIELD
      ? [selection]
      : selection.kind === Kind.INLINE_FRAGMENT
        ? fieldsOf(selection.selectionSet)
        : [],
  )
