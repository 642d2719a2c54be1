import {
  type BreakingChangeType,
  buildSchema,
  type DangerousChangeType,
  findBreakingChanges,
  findDangerousChanges,
} from 'graphql'

export type SchemaChange = {
  /** `breaking`: an operation that was valid is refused or answers another shape. `dangerous`: a careless client may stumble. */
  readonly severity: 'breaking' | 'dangerous'
  /** graphql-js's name of the kind of change, e.g. `FIELD_REMOVED`. */
  readonly kind: keyof typeof BreakingChangeType | keyof typeof DangerousChangeType
  readonly description: string
}

/**
 * What would break clients of `before` if they were served `after`. Pure.
 * @param before API schema SDL (what clients see, without federation's own types)
 * @param after API schema SDL
 * @returns breaking changes first; empty when every operation valid before is valid after with the same shape
 * @throws GraphQLError when either text is no schema
 */
export function listSchemaChanges(before: string, after: string): readonly SchemaChange[] {
  const oldSchema = buildSchema(before)
  const newSchema = buildSchema(after)
  return [
    ...findBreakingChanges(oldSchema, newSchema).map(
      ({ type, description }) => ({ severity: 'breaking', kind: type, description }) as const,
    ),
    ...findDangerousChanges(oldSchema, newSchema).map(
      ({ type, description }) => ({ severity: 'dangerous', kind: type, description }) as const,
    ),
  ]
}
