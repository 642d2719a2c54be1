import { listSchemaChanges, type SchemaChange } from './breaking-changes.ts'

/** A version that clients were promised, and what the working SDL makes of it. */
export type ReleasedVersion = {
  readonly version: string
  /** SDL as it was released. */
  readonly released: string
  /** SDL as it would be served now. */
  readonly working: string
}

/** A breaking change that somebody looked at and accepts. */
export type ReviewedChange = {
  readonly version: string
  /** The description, word for word. */
  readonly change: string
  readonly reason: string
}

/** What a client was last seen using; shape of a row of the usage ledger. */
export type ClientUse = {
  readonly clientId: string
  readonly version: string
  /** Schema coordinate, e.g. `Availability.asOf`. */
  readonly coordinate: string
  readonly lastSeenAt: string
}

export type BreakingChange = {
  readonly version: string
  readonly description: string
  /** Schema coordinate of what changed; null where the description names none. */
  readonly coordinate: string | null
  /** Why it is accepted; null when nobody did. */
  readonly reviewed: string | null
  /** Who would break, most recently seen first; empty when nobody is known to. */
  readonly clients: readonly ClientUse[]
}

/**
 * Every breaking change that released versions would suffer from the working SDL.
 * @returns by version, in the order graphql-js finds them; unreviewed ones have `reviewed: null`
 * @throws GraphQLError when an SDL is no schema
 */
export function checkReleased(
  versions: readonly ReleasedVersion[],
  reviewed: readonly ReviewedChange[],
  uses: readonly ClientUse[],
): readonly BreakingChange[] {
  return versions.flatMap(({ version, released, working }) =>
    listSchemaChanges(released, working)
      .filter(({ severity }) => severity === 'breaking')
      .map((change) => {
        const coordinate = coordinateOf(change)
        const review = reviewed.find((entry) => entry.version === version && entry.change === change.description)
        return {
          version,
          description: change.description,
          coordinate,
          reviewed: review?.reason ?? null,
          clients: coordinate === null ? [] : clientsOf(coordinate, version, uses),
        }
      }),
  )
}

/** @returns schema coordinate of what a change is about, read from graphql-js's description; null where it names none. */
export function coordinateOf({ kind, description }: SchemaChange): string | null {
  const name = '[_A-Za-z]\\w*'
  const read = (pattern: string): readonly string[] => new RegExp(pattern).exec(description)?.slice(1) ?? []
  switch (kind) {
    case 'VALUE_REMOVED_FROM_ENUM': {
      const [value, type] = read(`^(${name}) was removed from enum type (${name})`)
      return type === undefined ? null : `${type}.${value}`
    }
    case 'ARG_REMOVED':
    case 'ARG_CHANGED_KIND': {
      const [field, argument] = read(`^(${name}\\.${name}) arg (${name})`)
      return argument === undefined ? null : `${field}(${argument}:)`
    }
    case 'REQUIRED_ARG_ADDED':
      return read(`arg ${name} on (${name}\\.${name}) was added`)[0] ?? null
    case 'REQUIRED_INPUT_FIELD_ADDED':
      return read(`on input type (${name}) was added`)[0] ?? null
    case 'TYPE_REMOVED_FROM_UNION':
      return read(`^(${name}) was removed from union type`)[0] ?? null
    default:
      return read(`^(${name}(?:\\.${name})?) `)[0] ?? null
  }
}

/**
 * Use of the element, of anything in it when it is a type, and of the input type it is a field of: of variables the
 * ledger knows the type only.
 */
function clientsOf(coordinate: string, version: string, uses: readonly ClientUse[]): readonly ClientUse[] {
  const type = coordinate.split('.', 1)[0]
  const latest = new Map<string, ClientUse>()
  for (const use of uses) {
    if (use.version !== version) continue
    const concerns =
      use.coordinate === coordinate ||
      use.coordinate === type ||
      (coordinate === type && use.coordinate.startsWith(`${type}.`))
    const known = latest.get(use.clientId)
    if (concerns && (known === undefined || known.lastSeenAt < use.lastSeenAt)) latest.set(use.clientId, use)
  }
  return [...latest.values()].sort((left, right) => (left.lastSeenAt < right.lastSeenAt ? 1 : -1))
}
