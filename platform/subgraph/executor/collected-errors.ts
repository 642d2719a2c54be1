import type { GraphQLError, ResponsePath } from 'graphql'

export type CollectedErrors = {
  readonly errors: readonly GraphQLError[]
  /** Not told: what lies at or below a place that is null already because of an error. */
  add(error: GraphQLError, path: ResponsePath | undefined): void
}

export function createCollectedErrors(): CollectedErrors {
  const errors: GraphQLError[] = []
  const nulled = new Set<ResponsePath | undefined>()
  return {
    errors,
    add(error, path) {
      if (nulled.size > 0) {
        for (let place = path; place !== undefined; place = place.prev) if (nulled.has(place)) return
        if (nulled.has(undefined)) return
      }
      nulled.add(path)
      errors.push(error)
    },
  }
}
