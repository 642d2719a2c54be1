import type { Conditions } from './conditions.ts'

/**
 * Compiles an operation once per combination of its @skip/@include variables, at first use, so that neither planners
 * nor the running of a plan meet a condition. With more variables than `maxVariants` has combinations, one plan serves
 * all of them and only what writes the answer is compiled per combination. The oldest combination is forgotten first.
 *
 * @throws what `compileFetching` throws: at once when there are no condition variables, else at use
 */
export const createVariantOf = <Fetching, Variant>(
  names: readonly string[],
  maxVariants: number,
  compileFetching: (conditions: Conditions) => Fetching,
  compileAnswer: (fetching: Fetching, conditions: Conditions) => Variant,
): ((variables: Readonly<Record<string, unknown>>) => Variant) => {
  if (names.length === 0) {
    const only = compileAnswer(compileFetching({}), {})
    return () => only
  }
  const general = 2 ** names.length > maxVariants ? compileFetching({}) : undefined
  const variants = new Map<string, Variant>()
  return (variables) => {
    let key = ''
    for (const name of names) key += variables[name] === true ? '1' : '0'
    const known = variants.get(key)
    if (known !== undefined) return known
    const conditions = Object.fromEntries(names.map((name) => [name, variables[name] === true]))
    const variant = compileAnswer(general ?? compileFetching(conditions), conditions)
    const [oldest] = variants.keys()
    if (oldest !== undefined && variants.size >= maxVariants) variants.delete(oldest)
    variants.set(key, variant)
    return variant
  }
}
