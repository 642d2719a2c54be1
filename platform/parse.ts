import type { z } from 'zod'
import { AppError, type ErrorCode } from './errors/app-error.ts'
import { isSensitiveName } from './sensitive-names.ts'

export type ParseOptions = {
  /** What is being read, for the text: `order document`. */
  readonly what: string
  /** Default `BAD_USER_INPUT`; connectors say `SOURCE_DATA_INVALID`. */
  readonly code?: ErrorCode
}

/** One wrong field. `got` is shortened, and left out where the field's name marks personal data or a secret. */
export type FieldProblem = { readonly field: string; readonly got: string; readonly allowed: string }

/** Problems told at once: more help nobody and make an error a large answer. */
const maxProblems = 5
const maxValueLength = 40

/**
 * Turns what came from outside into a typed value.
 * @throws AppError `options.code` naming each wrong field, its value and what is allowed; `details.fields` lists them.
 */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown, options: ParseOptions): z.output<S> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const fields = result.error.issues.slice(0, maxProblems).map((issue) => toFieldProblem(issue, value))
  const more = result.error.issues.length - fields.length
  const text = fields.map(({ field, got, allowed }) => `${field} is ${got}, allowed is ${allowed}`).join('; ')
  throw new AppError(
    options.code ?? 'BAD_USER_INPUT',
    `Cannot read ${options.what}: ${text}${more > 0 ? `; and ${more} more` : ''}`,
    { details: { fields } },
  )
}

/** Shows a value in an error text: shortened to 40 characters, structure reduced to its kind. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'string') {
    return JSON.stringify(value.length <= maxValueLength ? value : `${value.slice(0, maxValueLength - 1)}…`)
  }
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return describeValue(value.toString()).slice(1, -1)
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function toFieldProblem(issue: z.core.$ZodIssue, input: unknown): FieldProblem {
  const field = issue.path.length === 0 ? 'the value' : issue.path.map(String).join('.')
  const hidden = issue.path.some((part) => typeof part === 'string' && isSensitiveName(part))
  const value = valueAt(input, issue.path)
  const got = hidden && value !== undefined && value !== null ? 'a value not shown' : describeValue(value)
  return { field, got, allowed: allowedBy(issue) }
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = Reflect.get(value, part)
  }
  return value
}

function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'int' ? 'a whole number' : withArticle(issue.expected)
    case 'invalid_value':
      return issue.values.map(describeValue).join(', ')
    case 'too_small':
      return `${measureOf(issue.origin)}${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}`
    case 'too_big':
      return `${measureOf(issue.origin)}${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}`
    case 'unrecognized_keys':
      return `no field ${issue.keys.slice(0, maxProblems).map(describeValue).join(', ')}`
    default:
      return issue.message.replace(/^Invalid input: /, '')
  }
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`
}

function measureOf(origin: string): string {
  if (origin === 'string') return 'a length of '
  return origin === 'array' || origin === 'set' ? 'a count of ' : ''
}
