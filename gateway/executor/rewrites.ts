import { collectObjects, type IsOfType } from './places.ts'
import type { Rewrite } from './plan.ts'

/** Changes `data` in place as the plan says: a type's name as a subgraph knows it, a key set aside for a conflict. */
export const applyRewrites = (data: unknown, rewrites: readonly Rewrite[], isOfType: IsOfType): void => {
  for (const rewrite of rewrites) {
    for (const object of collectObjects(data, rewrite.path, isOfType)) {
      if (rewrite.kind === 'set') object[rewrite.key] = rewrite.value
      else if (object[rewrite.key] !== undefined) {
        const value = object[rewrite.key]
        delete object[rewrite.key]
        object[rewrite.to] = value
      }
    }
  }
}

/** A path in a subgraph's answer, in the keys it has after the rewrites. */
export const renamePath = (
  path: readonly (string | number)[],
  rewrites: readonly Rewrite[],
): readonly (string | number)[] => {
  const renames = rewrites.filter((rewrite) => rewrite.kind === 'rename')
  if (renames.length === 0) return path
  const renamed: (string | number)[] = []
  const keys: string[] = []
  for (const element of path) {
    if (typeof element === 'number') {
      renamed.push(element)
      continue
    }
    const rename = renames.find((candidate) => candidate.key === element && isAt(candidate, keys))
    keys.push(element)
    renamed.push(rename === undefined ? element : rename.to)
  }
  return renamed
}

const isAt = (rewrite: Rewrite, keys: readonly string[]): boolean => {
  const parents = rewrite.path.flatMap((step) => (step.kind === 'key' ? [step.name] : []))
  return parents.length === keys.length && parents.every((name, index) => name === keys[index])
}
