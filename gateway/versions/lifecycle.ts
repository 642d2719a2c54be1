import { type ConstDirectiveNode, type DocumentNode, Kind, valueFromASTUntyped } from 'graphql'
import { isDatedVersion, unstable, type VersionName } from './calendar.ts'

/** In which versions an element of the schema is there. Written in the SDL as `@lifecycle`. */
export type Lifecycle = {
  /** null: from the first version on. `unstable`: not in any dated version yet. */
  readonly added: VersionName | null
  readonly deprecated: VersionName | null
  /** The first version without it. */
  readonly removed: VersionName | null
  /** What to use instead; shown as the deprecation's reason. */
  readonly replacement: string | null
}

/** By schema coordinate: `Type`, `Type.field`, `Type.field(argument:)`, `Enum.VALUE`, `Input.field`. */
export type Lifecycles = ReadonlyMap<string, Lifecycle>

/**
 * Reads every `@lifecycle` of a supergraph.
 * @throws RangeError naming the element when a version is no quarter or the order is not added, deprecated, removed
 */
export function readLifecycles(supergraph: DocumentNode): Lifecycles {
  const lifecycles = new Map<string, Lifecycle>()
  const keep = (coordinate: string, directives: readonly ConstDirectiveNode[] | undefined) => {
    const directive = directives?.find((node) => node.name.value === 'lifecycle')
    if (directive !== undefined) lifecycles.set(coordinate, parseLifecycle(coordinate, directive))
  }
  for (const definition of supergraph.definitions) {
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION:
        keep(definition.name.value, definition.directives)
        for (const field of definition.fields ?? []) {
          const coordinate = `${definition.name.value}.${field.name.value}`
          keep(coordinate, field.directives)
          for (const argument of field.arguments ?? [])
            keep(`${coordinate}(${argument.name.value}:)`, argument.directives)
        }
        break
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        keep(definition.name.value, definition.directives)
        for (const field of definition.fields ?? [])
          keep(`${definition.name.value}.${field.name.value}`, field.directives)
        break
      case Kind.ENUM_TYPE_DEFINITION:
        keep(definition.name.value, definition.directives)
        for (const value of definition.values ?? [])
          keep(`${definition.name.value}.${value.name.value}`, value.directives)
        break
      case Kind.UNION_TYPE_DEFINITION:
      case Kind.SCALAR_TYPE_DEFINITION:
        keep(definition.name.value, definition.directives)
        break
      default:
        break
    }
  }
  return lifecycles
}

/** Whether an element is in a version's schema. Absent lifecycle: in all. */
export function isInVersion(lifecycle: Lifecycle | undefined, version: VersionName): boolean {
  if (lifecycle === undefined) return true
  if (version === unstable) return lifecycle.removed === null
  const { added, removed } = lifecycle
  return added !== unstable && (added === null || added <= version) && (removed === null || version < removed)
}

export function isDeprecatedIn(lifecycle: Lifecycle | undefined, version: VersionName): boolean {
  const deprecated = lifecycle?.deprecated ?? null
  return deprecated !== null && (version === unstable || deprecated <= version)
}

function parseLifecycle(coordinate: string, directive: ConstDirectiveNode): Lifecycle {
  const given = new Map(directive.arguments?.map((node) => [node.name.value, valueFromASTUntyped(node.value)]))
  const text = (name: string): string | null => {
    const value = given.get(name)
    return typeof value === 'string' ? value : null
  }
  const [added, deprecated, removed] = [text('added'), text('deprecated'), text('removed')]
  for (const version of [added, deprecated, removed]) {
    if (version !== null && version !== unstable && !isDatedVersion(version)) {
      throw new RangeError(
        `Cannot read the lifecycle of ${coordinate}: '${version}' is no version, expected a quarter such as 2026-10`,
      )
    }
  }
  const order = [added, deprecated, removed].filter((version) => version !== null)
  if (order.some((version, index) => version < (order[index - 1] ?? ''))) {
    throw new RangeError(
      `Cannot read the lifecycle of ${coordinate}: expected added, deprecated and removed in this order, got ${order.join(', ')}`,
    )
  }
  return { added, deprecated, removed, replacement: text('replacement') }
}
