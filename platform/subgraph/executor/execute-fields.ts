import type { ResponsePath } from 'graphql'
import { isPromise, type MaybePromise } from '../../maybe-promise.ts'
import type { ObjectPlan, Run } from './plan.ts'

type Results = { [key: string]: unknown }

/** All fields at once; waits only for what is a promise. */
export function executeFields(
  run: Run,
  plan: ObjectPlan,
  source: unknown,
  path: ResponsePath | undefined,
): MaybePromise<Results> {
  const { fields, hasProto, renewed } = plan
  const results = newResults(hasProto)
  if (renewed.length > 0) run.keeping?.renewed.set(results, { fields: renewed, source })
  let pending: { readonly keys: string[]; readonly values: Promise<unknown>[] } | undefined
  try {
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index]
      if (field === undefined) continue
      const result = field.execute(run, source, path)
      // A promise stands in for its value, so that keys keep their order.
      results[field.key] = result
      if (isPromise(result)) {
        pending ??= { keys: [], values: [] }
        pending.keys.push(field.key)
        pending.values.push(result)
      }
    }
  } catch (error) {
    if (pending === undefined) throw error
    // What the other fields began may fail as well, and nobody else listens.
    return Promise.all(pending.values).then(
      () => Promise.reject(error),
      () => Promise.reject(error),
    )
  }
  if (pending === undefined) return results
  const { keys } = pending
  return Promise.all(pending.values).then((values) => {
    for (const [index, key] of keys.entries()) results[key] = values[index]
    return results
  })
}

/** One field after the other, as mutations ask. */
export function executeFieldsSerially(
  run: Run,
  { fields, hasProto }: ObjectPlan,
  source: unknown,
): MaybePromise<Results> {
  const results = newResults(hasProto)
  const from = (start: number): MaybePromise<Results> => {
    for (let index = start; index < fields.length; index++) {
      const field = fields[index]
      if (field === undefined) continue
      const result = field.execute(run, source, undefined)
      if (isPromise(result)) {
        return result.then((value) => {
          results[field.key] = value
          return from(index + 1)
        })
      }
      results[field.key] = result
    }
    return results
  }
  return from(0)
}

/** An object literal keeps its shape from one object to the next; without a prototype it would be a dictionary. */
function newResults(hasProto: boolean): Results {
  return hasProto ? (Object.create(null) as Results) : {}
}
