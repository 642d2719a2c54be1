import { setMaxListeners } from 'node:events'
import { type ClientError, oncePerPath } from './client-error.ts'
import { labelOf } from './defer.ts'
import { type Deferrals, keysOf, type Selected } from './deferrals.ts'
import type { Introspect } from './introspection.ts'
import type { ResponsePath } from './places.ts'
import type { DataAnswer, DeferredAnswer, ExecuteRequest, RunInParts, TakeParts } from './prepared.ts'
import { beginRun, type Run, type Step } from './run.ts'
import { complete, type Runner, unanswered, withViolations } from './runner.ts'
import type { Shapes } from './shape.ts'
import { type CompletedData, completeData, type DeferredObject } from './write-data.ts'

/** An operation compiled to be told in parts, for one combination of its conditions. */
export type Parts = {
  readonly isMutation: boolean
  readonly callCount: number
  readonly deferrals: Deferrals
  /** Runs what a part hangs on. */
  stepOf(part: Selected): Step
  /** With what is deferred apart. */
  readonly shapes: Shapes
  /** As if nothing were deferred. */
  readonly whole: Shapes
  readonly introspect: Introspect | undefined
}

/** null: nothing is told later. */
export type PartsOf = (variables: ExecuteRequest['variables']) => Parts | null

/** Objects that wait for the same fragment. */
type Group = { readonly part: Selected; readonly objects: DeferredObject[] }

export const createRunInParts =
  (partsOf: PartsOf, runner: Runner): RunInParts =>
  async (request, take) => {
    try {
      const parts = partsOf(request.variables)
      return parts === null ? runner.run(request) : await runParts(parts, request, take)
    } catch (error) {
      return { data: null, errors: [unanswered(error)] }
    }
  }

const runParts = async (parts: Parts, request: ExecuteRequest, take: TakeParts): Promise<DataAnswer> => {
  const { variables, headers, kept } = request
  const over = new AbortController()
  const signal = AbortSignal.any([request.signal, over.signal])
  if (parts.callCount > 10) setMaxListeners(0, signal)
  const run = beginRun({ variables, headers, signal, kept })
  if (parts.introspect !== undefined) Object.assign(run.data, parts.introspect(variables))
  try {
    const waiting = parts.stepOf(parts.deferrals.initial)(run)
    // A mutation's fields are done before anything is read for later.
    if (!parts.isMutation) for (const part of parts.deferrals.later) void parts.stepOf(part)(run)
    await waiting
    const initial = completeData(run.data, parts.shapes)
    if (initial.deferred.length > 0) await tellParts(parts, run, initial, take)
    return complete(run, parts.whole)
  } finally {
    // What objects would have got that are not in the answer.
    over.abort()
  }
}

const tellParts = async (parts: Parts, run: Run, initial: CompletedData, take: TakeParts): Promise<void> => {
  const told = new Set<ClientError>()
  const ready: Group[] = []
  let underWay = 0
  let wake = (): void => {}

  const whenReady = async (group: Group): Promise<void> => {
    await parts.stepOf(group.part)(run)
    ready.push(group)
    wake()
  }

  const begin = (deferred: readonly DeferredObject[]): void => {
    for (const group of groupsOf(parts.deferrals, deferred)) {
      underWay++
      void whenReady(group)
    }
  }

  const finish = ({ part, objects }: Group): DeferredAnswer[] => {
    const deferred: DeferredObject[] = []
    const answers = objects.map(({ shape, object, path }) => {
      const completed = completeData(object, shape.shapes, path)
      deferred.push(...completed.deferred)
      const errors = errorsAt(run.errors, { data: completed.data, place: path }, part, told)
      return {
        data: completed.data,
        errors: withViolations(errors, completed.violations),
        path,
        label: labelOf(shape.fragment),
      }
    })
    begin(deferred)
    return answers
  }

  const errors = errorsAt(run.errors, { data: initial.data, place: [] }, parts.deferrals.initial, told)
  take.initial({ data: initial.data, errors: withViolations(errors, initial.violations) })
  begin(initial.deferred)
  while (underWay > 0) {
    if (ready.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    // One by one: many fragments may tell the same large object, and who takes them may have had enough.
    const group = ready.shift()
    const answers = group === undefined ? [] : finish(group)
    underWay--
    if (!take.later(answers, underWay === 0)) return
  }
}

const groupsOf = (deferrals: Deferrals, deferred: readonly DeferredObject[]): readonly Group[] => {
  const groups = new Map<Selected, Group>()
  for (const object of deferred) {
    const part = deferrals.at(object.shape.fragment, object.path)
    if (part === undefined) throw new TypeError('Cannot tell a part: it was not found when the operation was compiled')
    const group = groups.get(part)
    if (group === undefined) groups.set(part, { part, objects: [object] })
    else group.objects.push(object)
  }
  return [...groups.values()]
}

/**
 * The errors of what one part tells of one object: at its own fields, and below them where a null is all that is left. An
 * error that speaks of no field of any part, but of the object, of one around it, or of nothing, is told with the first.
 */
const errorsAt = (
  errors: readonly ClientError[],
  { data, place }: { readonly data: unknown; readonly place: ResponsePath },
  part: Selected,
  told: Set<ClientError>,
): readonly ClientError[] => {
  const own = errors.filter((error) => {
    const { path } = error
    if (path === undefined || startsWith(place, path)) return !told.has(error)
    if (!startsWith(path, place)) return false
    return part.told.has(keysOf(path)) || meetsNull(data, path, place.length, part)
  })
  for (const error of own) told.add(error)
  return oncePerPath(own)
}

/** Whether a null of the part stands on the way to what an error speaks of. */
const meetsNull = (data: unknown, path: ResponsePath, start: number, part: Selected): boolean => {
  let value = data
  for (let at = start; at < path.length; at++) {
    if (value === null) return at > start || part.told.has(keysOf(path.slice(0, at + 1)))
    const element = path[at]
    value =
      typeof value === 'object' && value !== null && element !== undefined ? Reflect.get(value, element) : undefined
  }
  return false
}

const startsWith = (path: ResponsePath, start: ResponsePath): boolean =>
  path.length >= start.length && start.every((element, index) => path[index] === element)
