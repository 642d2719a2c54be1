import { AppError } from '../../platform/errors/app-error.ts'
import type { JsonObject, JsonValue } from '../../platform/event-log/event-log.ts'
import { maxListLength } from './stream-arguments.ts'
import type { StreamField } from './stream-field.ts'

/**
 * What a snapshot is made of: as an event's data would name each thing the arguments name.
 * @throws AppError `BAD_USER_INPUT` when they do not name everything, or too much
 */
export function snapshotData(field: StreamField, selecting: Readonly<Record<string, unknown>>): readonly JsonObject[] {
  if (field.snapshotType === null) throw refusal(field, 'this stream has none, allowed is initial: NONE')
  let named: readonly JsonObject[] = [{}]
  for (const path of field.snapshotPaths) {
    const condition = field.conditions.find((one) => one.kind === 'matches' && one.path === path)
    const given = condition === undefined ? undefined : selecting[condition.argument]
    if (given === undefined) throw refusal(field, `${condition?.argument ?? path} is missing`)
    const values = [...new Set(Array.isArray(given) ? given : [given])]
    named = named.flatMap((data) => values.map((value) => ({ ...data, [path.slice('data.'.length)]: toJson(value) })))
    if (named.length > maxListLength) {
      throw refusal(field, `the filter names more than ${maxListLength} things, allowed is at most ${maxListLength}`)
    }
  }
  return named
}

function toJson(value: unknown): JsonValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}

function refusal(field: StreamField, why: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot take a snapshot of ${field.name}: ${why}`)
}
