import { AppError } from '../../platform/errors/app-error.ts'

export type VariableLimits = {
  /** Levels of objects and lists in one variable. */
  readonly maxVariableDepth: number
  /** Members of objects and items of lists, all variables together. */
  readonly maxVariableValues: number
}

export const defaultVariableLimits: VariableLimits = { maxVariableDepth: 16, maxVariableValues: 5_000 }

/**
 * Walks what a client sent for variables without recursion, since what parses as JSON may nest deeper than any stack.
 * @throws AppError `QUERY_TOO_COMPLEX` with the limit, what is allowed and the value
 */
export function refuseHugeVariables(variables: Readonly<Record<string, unknown>>, limits: VariableLimits): void {
  let level: object[] = [variables]
  let values = 0
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > limits.maxVariableDepth) throw tooBig('maxVariableDepth', 'levels', depth, limits.maxVariableDepth)
    const below: object[] = []
    for (const holder of level) {
      for (const value of Array.isArray(holder) ? holder : Object.values(holder)) {
        values += 1
        if (typeof value === 'object' && value !== null) below.push(value)
      }
    }
    if (values > limits.maxVariableValues) throw tooBig('maxVariableValues', 'values', values, limits.maxVariableValues)
    level = below
  }
}

function tooBig(limit: string, counts: string, value: number, allowed: number): AppError {
  return new AppError(
    'QUERY_TOO_COMPLEX',
    `Cannot read variables: they have ${value} ${counts}, allowed is ${allowed}`,
    {
      details: { limit, allowed, value },
    },
  )
}
