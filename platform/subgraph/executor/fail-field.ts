import { type FieldNode, type GraphQLOutputType, isNonNullType, locatedError, type ResponsePath } from 'graphql'
import type { Run } from './plan.ts'

/** Tells an error of a field and answers null there, or throws it on where null may not be. */
export function failField(
  run: Run,
  raw: unknown,
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  path: ResponsePath,
): null {
  const error = locatedError(raw, nodes, keysOf(path))
  if (isNonNullType(type)) throw error
  run.errors.add(error, path)
  return null
}

function keysOf(path: ResponsePath): readonly (string | number)[] {
  const keys: (string | number)[] = []
  for (let place: ResponsePath | undefined = path; place !== undefined; place = place.prev) keys.push(place.key)
  return keys.reverse()
}
