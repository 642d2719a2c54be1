import { type GraphQLSchema, getArgumentValues, getVariableValues, type OperationDefinitionNode } from 'graphql'
import { AppError } from '../../platform/errors/app-error.ts'
import type { PreparedStream } from './event-graph.ts'
import { placeArguments } from './stream-field.ts'

/** The field's arguments, coerced. */
export type StreamArguments = {
  /** What is told; absent ones are left out. */
  readonly selecting: Readonly<Record<string, unknown>>
  /** Where it begins. */
  readonly after: string | null
  readonly initial: 'NONE' | 'SNAPSHOT'
}

/** Longest list an argument may be. */
export const maxListLength = 200

/** @throws AppError `BAD_USER_INPUT` when a variable does not fit or a list is too long */
export function readStreamArguments(
  { field, node }: PreparedStream,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  variables: Readonly<Record<string, unknown>>,
): StreamArguments {
  const definition = schema.getSubscriptionType()?.getFields()[field.name]
  if (definition === undefined) throw new TypeError(`Cannot subscribe to ${field.name}: the schema has no such field`)
  const values = getVariableValues(schema, operation.variableDefinitions ?? [], { ...variables }, { maxErrors: 5 })
  if (values.coerced === undefined) {
    throw new AppError('BAD_USER_INPUT', `Cannot subscribe: ${values.errors[0]?.message ?? 'a variable does not fit'}`)
  }
  const given = getArgumentValues(definition, node, values.coerced)
  const { after, initial } = given
  return {
    selecting: readSelecting(given, field.name),
    after: typeof after === 'string' ? after : null,
    initial: initial === 'SNAPSHOT' ? 'SNAPSHOT' : 'NONE',
  }
}

/** @throws AppError `BAD_USER_INPUT` when a list is too long */
export function readSelecting(
  given: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const selecting = Object.entries(given).filter(([, value]) => value !== undefined && value !== null)
  for (const [argument, value] of selecting) {
    if (!Array.isArray(value) || value.length <= maxListLength) continue
    throw new AppError(
      'BAD_USER_INPUT',
      `Cannot read ${name}: ${argument} has ${value.length} entries, allowed is at most ${maxListLength}`,
      { details: { argument, got: value.length, allowed: maxListLength } },
    )
  }
  return Object.fromEntries(selecting.filter(([argument]) => !placeArguments.has(argument)))
}
