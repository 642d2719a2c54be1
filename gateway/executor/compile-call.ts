import { AppError } from '../../platform/errors/app-error.ts'
import { isPromise, type MaybePromise } from '../../platform/maybe-promise.ts'
import type { SubgraphResponse, SubgraphTransport } from '../../platform/subgraph/transport.ts'
import { type CallTrouble, createCallTrouble, type TroubleDeps } from './call-trouble.ts'
import { copyData, type DataObject, isDataObject, type Merge } from './data.ts'
import type { KeepableLookup } from './keepable.ts'
import { type Kept, openKept } from './kept.ts'
import { collectObjects, type IsOfType } from './places.ts'
import type { DataPath, PlanCall, PlanLookup } from './plan.ts'
import { type Place, type RepresentationList, type Represented, representAll } from './represent-all.ts'
import { createRepresent } from './representations.ts'
import { applyRewrites } from './rewrites.ts'
import { noteLasting, type Run, type Step, share } from './run.ts'
import { isAnyTwice, noTargets, type Targets } from './targets.ts'

export type CallDeps = TroubleDeps & {
  readonly transport: SubgraphTransport
  /** No other call is under way beside it, so an answer that is there at once is merged at once. */
  readonly isAlone: boolean
  readonly merge: Merge
  /** The client's name of a variable in the plan's texts. */
  variableOf(planned: string): string
  /** Whether several places of one lookup are fetched into further on, so they must not share objects. */
  mustCopy(lookup: PlanLookup): boolean
  /** Whether the objects at a path are of one call's answers alone, see `createHasOneSource`. */
  hasOneSource(path: DataPath): boolean
  /** What of a lookup may be kept between requests; undefined: nothing. */
  keepable(call: PlanCall, lookup: PlanLookup): KeepableLookup | undefined
}

type Lookup = Represented & {
  readonly plan: PlanLookup
  readonly mustCopy: boolean
  readonly head: string
  readonly keepable: KeepableLookup | undefined
}

/** Compiles one subgraph call: variables in, data merged and errors told out. */
export const compileCall = (call: PlanCall, deps: CallDeps): Step => {
  const { transport, isAlone, isOfType } = deps
  const queryJson = JSON.stringify(call.text)
  const variables = call.variables.map((planned) => ({
    planned,
    head: `${JSON.stringify(planned)}:`,
    name: deps.variableOf(planned),
  }))
  const lookups = call.lookups.map(
    (plan): Lookup => ({
      plan,
      represent: createRepresent(plan.requires, plan.inputRewrites, isOfType),
      places: plan.paths.map((path) => toPlace(path, deps.hasOneSource(path))),
      mustCopy: plan.paths.length > 1 && deps.mustCopy(plan),
      head: `${JSON.stringify(plan.variable)}:`,
      keepable: deps.keepable(call, plan),
    }),
  )
  const trouble = createCallTrouble(call, deps)

  const send = (run: Run, lists: readonly RepresentationList[]): MaybePromise<SubgraphResponse> => {
    const { headers, signal } = run
    const query = call.text
    const kind = call.operation
    const wantsLasting = run.lasting !== undefined
    // One literal each: see docs/decisions/012-executor-text.md.
    const response = transport.call(
      transport.takesText
        ? { query, queryJson, variablesJson: variablesText(run, lists), kind, headers, signal }
        : { query, queryJson, variables: variablesOf(run, lists), kind, headers, signal, wantsLasting },
    )
    // What one call brings must not change where those beside it look.
    return isAlone ? response : Promise.resolve(response)
  }

  const variablesText = (run: Run, lists: readonly RepresentationList[]): string => {
    let text = ''
    for (const { head, name } of variables) {
      const value = run.variables[name]
      if (value !== undefined) text += `${text === '' ? '' : ','}${head}${JSON.stringify(value)}`
    }
    for (let index = 0; index < lookups.length; index++) {
      text += `${text === '' ? '' : ','}${lookups[index]?.head}[${lists[index]?.text}]`
    }
    return `{${text}}`
  }

  const variablesOf = (run: Run, lists: readonly RepresentationList[]): Readonly<Record<string, unknown>> => {
    const values: Record<string, unknown> = {}
    for (const { planned, name } of variables) {
      const value = run.variables[name]
      if (value !== undefined) values[planned] = throughJson(value)
    }
    for (const [index, { plan }] of lookups.entries()) values[plan.variable] = lists[index]?.items
    return values
  }

  if (lookups.length === 0) {
    return (run) => {
      const targets = rootTargets(run, call, isOfType)
      if (targets.length === 0) return undefined
      return settled(
        run,
        send(run, []),
        (response) => settleRoot(run, response, call, targets, trouble, deps),
        (error) => trouble.fail(run, AppError.from(error), []),
      )
    }
  }

  return (run) => {
    let isAsked = false
    const lists: RepresentationList[] = []
    const found: Targets[] = []
    const kept: (Kept | undefined)[] = []
    for (const lookup of lookups) {
      const targets = noTargets()
      const keptOfLookup = openKept(run, lookup.keepable)
      // What was kept of entities says nothing of how long it lasts.
      if (keptOfLookup !== undefined) noteLasting(run, undefined)
      const list: RepresentationList = { text: '', items: transport.takesText ? undefined : [] }
      representAll(run, lookup, list, targets, keptOfLookup, isOfType)
      if (targets.count > 0) isAsked = true
      lists.push(list)
      found.push(targets)
      kept.push(keptOfLookup)
    }
    // Only now: what one lookup brings must not change where the next one looks.
    for (let index = 0; index < lookups.length; index++) {
      const [lookup, known] = [lookups[index], kept[index]]
      if (lookup !== undefined && known !== undefined) mergeAnswers(run, lookup, known.targets, known.known, deps)
    }
    if (!isAsked) return undefined
    return settled(
      run,
      send(run, lists),
      (response) => settleLookups(run, response, lookups, found, kept, trouble, deps),
      (error) => trouble.fail(run, AppError.from(error), found),
    )
  }
}

/** Where a path asks for types, an object may belong there only once its type is known. */
const toPlace = (path: DataPath, isOfOneSource: boolean): Place => ({
  path,
  mayJoin: isOfOneSource,
  name: isOfOneSource && !path.some(({ kind }) => kind === 'types') ? JSON.stringify(path) : undefined,
})

/** @returns undefined when the answer was there at once */
const settled = (
  run: Run,
  response: MaybePromise<SubgraphResponse>,
  settle: (response: SubgraphResponse) => void,
  fail: (error: unknown) => void,
): Promise<void> | undefined => {
  if (isPromise(response)) {
    return response.then(
      (answered) => {
        noteLasting(run, answered.lasting)
        settle(answered)
      },
      (error: unknown) => {
        noteLasting(run, undefined)
        fail(error)
      },
    )
  }
  noteLasting(run, response.lasting)
  settle(response)
  return undefined
}

/** What a subgraph would read of a value: nothing that the client's variables share. */
const throughJson = (value: unknown): unknown => {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return [...value]
  return JSON.parse(JSON.stringify(value))
}

const rootTargets = (run: Run, call: PlanCall, isOfType: IsOfType): DataObject[] => {
  if (call.rootPath.length === 0) return [run.data]
  return collectObjects(run.data, call.rootPath, isOfType)
}

const settleRoot = (
  run: Run,
  response: SubgraphResponse,
  call: PlanCall,
  targets: readonly DataObject[],
  trouble: CallTrouble,
  deps: CallDeps,
): void => {
  const { data } = response
  if (isDataObject(data)) mergeRoot(data, call, targets, deps)
  if (response.errors !== undefined || !isDataObject(data)) trouble.tell(run, response, [])
}

const mergeRoot = (data: DataObject, call: PlanCall, targets: readonly DataObject[], deps: CallDeps): void => {
  if (call.rootRewrites.length > 0) applyRewrites(data, call.rootRewrites, deps.isOfType)
  for (const [index, target] of targets.entries()) {
    const source = index === 0 ? data : copyData(data)
    if (isDataObject(source)) deps.merge(target, source)
  }
}

const settleLookups = (
  run: Run,
  response: SubgraphResponse,
  lookups: readonly Lookup[],
  found: readonly Targets[],
  kept: readonly (Kept | undefined)[],
  trouble: CallTrouble,
  deps: CallDeps,
): void => {
  const { data } = response
  for (let index = 0; index < lookups.length && isDataObject(data); index++) {
    const lookup = lookups[index]
    const targets = found[index]
    if (lookup === undefined || targets === undefined || targets.objects.length === 0) continue
    const answers = data[lookup.plan.key]
    if (Array.isArray(answers) && answers.length === targets.count) {
      // Before merging, which takes the answers over. Beside an error a null may be no fact.
      const known = kept[index]
      if (response.errors === undefined) known?.answers.keep(known.asked, answers)
      mergeAnswers(run, lookup, targets, answers, deps)
    } else if (response.errors === undefined) {
      trouble.fail(run, trouble.malformed('it did not answer every entity it was asked for'), found)
    }
  }
  // Told after merging: what an error speaks of can hang on the type of what came with it.
  if (response.errors !== undefined || !isDataObject(data)) trouble.tell(run, response, found)
}

const mergeAnswers = (
  run: Run,
  lookup: Lookup,
  targets: Targets,
  answers: readonly unknown[],
  deps: CallDeps,
): void => {
  const { objects, slots, pathOf } = targets
  if (lookup.plan.outputRewrites.length > 0) applyRewrites(answers, lookup.plan.outputRewrites, deps.isOfType)
  const takeOver = isAnyTwice(targets) ? (value: object) => share(run, value) : undefined
  for (let index = 0; index < objects.length; index++) {
    const target = objects[index]
    const answer = answers[slots[index] ?? 0]
    if (target === undefined || !isDataObject(answer)) continue
    // Objects that later calls fetch into under other keys must not be shared between places of different paths.
    deps.merge(target, answer, lookup.mustCopy && pathOf[index] !== 0 ? copyData : takeOver)
  }
}
