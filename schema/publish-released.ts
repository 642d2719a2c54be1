import { buildSchema, isEnumType, isInputObjectType, isInterfaceType, isIntrospectionType, isObjectType } from 'graphql'
import { listSchemaChanges } from './breaking-changes.ts'

/** A version about to be published, or published anew. */
export type Publishing = {
  readonly version: string
  /** Versions of the calendar that may be published. */
  readonly calendar: readonly string[]
  /** SDL as it was published; null: never. */
  readonly released: string | null
  /** SDL as it would be served now. */
  readonly working: string
}

export type Publication =
  | { readonly kind: 'refused'; readonly reason: string; readonly breaking: readonly string[] }
  | { readonly kind: 'unchanged' }
  /** `additions`: schema coordinates that were not there; empty when there was no schema, or texts alone changed. */
  | { readonly kind: 'published'; readonly sdl: string; readonly additions: readonly string[] }

/**
 * Whether the working SDL may become what clients of a version are promised: for the first time, or with more than before. What
 * was promised is never taken back. Pure.
 * @throws GraphQLError when an SDL is no schema
 */
export function decidePublication({ version, calendar, released, working }: Publishing): Publication {
  if (!calendar.includes(version)) {
    return { kind: 'refused', reason: `the calendar has ${calendar.join(', ')}`, breaking: [] }
  }
  if (released === null) return { kind: 'published', sdl: working, additions: [] }
  if (released === working) return { kind: 'unchanged' }
  const breaking = listSchemaChanges(released, working)
    .filter(({ severity }) => severity === 'breaking')
    .map(({ description }) => description)
  if (breaking.length > 0) {
    return { kind: 'refused', reason: 'it is published, and clients were promised what would be gone', breaking }
  }
  const before = new Set(coordinatesOf(released))
  return {
    kind: 'published',
    sdl: working,
    additions: coordinatesOf(working).filter((coordinate) => !before.has(coordinate)),
  }
}

/** Types, fields, arguments, input fields and enum values, sorted as the schema is. */
function coordinatesOf(sdl: string): readonly string[] {
  return Object.values(buildSchema(sdl).getTypeMap()).flatMap((type) => {
    if (isIntrospectionType(type)) return []
    if (isEnumType(type)) return [type.name, ...type.getValues().map(({ name }) => `${type.name}.${name}`)]
    if (isInputObjectType(type))
      return [type.name, ...Object.keys(type.getFields()).map((name) => `${type.name}.${name}`)]
    if (!isObjectType(type) && !isInterfaceType(type)) return [type.name]
    const fields = Object.values(type.getFields()).flatMap(({ name, args }) => [
      `${type.name}.${name}`,
      ...args.map((argument) => `${type.name}.${name}(${argument.name}:)`),
    ])
    return [type.name, ...fields]
  })
}
