import {
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Fragments } from './needs.ts'
import { typeKey } from './prune.ts'

type Data = Readonly<Record<string, unknown>>
type Path = readonly (string | number)[]

export type Denial = { readonly path: Path; readonly field: FieldNode; readonly typeName: string }

export type FillDeps = {
  readonly operation: OperationDefinitionNode
  readonly fragments: Fragments
  readonly schema: GraphQLSchema
  readonly isDenied: (field: FieldNode) => boolean
  readonly touched: ReadonlySet<FieldNode>
}

/** More of them tell a client nothing new. */
const maxDenials = 20

/**
 * Puts into a pruned answer what the client asked for and did not get: null where the field may be null, else null at the
 * nearest place above that may be. Keys keep the order asked.
 *
 * @param data of the pruned operation
 * @param variables as the client sent them
 */
export function fillAnswer(
  data: Data,
  variables: Data,
  rootType: GraphQLObjectType,
  { operation, fragments, schema, isDenied, touched }: FillDeps,
): { readonly data: Data | null; readonly denials: readonly Denial[] } {
  const denials: Denial[] = []
  const defaults = new Map(
    (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => [variable.name.value, defaultValue]),
  )

  function isIncluded({ directives = [] }: SelectionNode): boolean {
    return directives.every((directive) => {
      const isSkip = directive.name.value === 'skip'
      if (!isSkip && directive.name.value !== 'include') return true
      const value = directive.arguments?.[0]?.value
      const condition =
        value?.kind === Kind.VARIABLE ? variableOf(value.name.value) : value?.kind === Kind.BOOLEAN && value.value
      return condition === true ? !isSkip : isSkip
    })
  }

  function variableOf(name: string): unknown {
    if (name in variables) return variables[name]
    const fallback = defaults.get(name)
    return fallback?.kind === Kind.BOOLEAN && fallback.value
  }

  function collect(
    sets: readonly SelectionSetNode[],
    type: GraphQLObjectType,
    into: Map<string, FieldNode[]>,
    entered: Set<string>,
  ): Map<string, FieldNode[]> {
    for (const selection of sets.flatMap((set) => set.selections)) {
      if (!isIncluded(selection)) continue
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value
        const nodes = into.get(key)
        if (nodes === undefined) into.set(key, [selection])
        else nodes.push(selection)
        continue
      }
      const isSpread = selection.kind === Kind.FRAGMENT_SPREAD
      if (isSpread && entered.has(selection.name.value)) continue
      if (isSpread) entered.add(selection.name.value)
      const fragment = isSpread ? fragments.get(selection.name.value) : selection
      if (fragment === undefined || !applies(fragment.typeCondition?.name.value, type)) continue
      collect([fragment.selectionSet], type, into, entered)
    }
    return into
  }

  function applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (condition === undefined || condition === type.name) return true
    const wanted = schema.getType(condition)
    return isAbstractType(wanted) && schema.isSubType(wanted, type)
  }

  /** @returns null when a field that may not be null is */
  function fillObject(
    object: Data,
    sets: readonly SelectionSetNode[],
    type: GraphQLObjectType,
    path: Path,
  ): Data | null {
    const filled: Record<string, unknown> = {}
    let isLost = false
    for (const [key, nodes] of collect(sets, type, new Map(), new Set())) {
      const [first] = nodes
      const field = first === undefined ? undefined : type.getFields()[first.name.value]
      if (first === undefined || field === undefined) {
        // `__typename` and what else every type has.
        filled[key] = object[key]
        continue
      }
      const value = fillField(nodes, first, field.type, object[key], type, [...path, key])
      if (value === null && isNonNullType(field.type)) isLost = true
      filled[key] = value
    }
    return isLost ? null : filled
  }

  function fillField(
    nodes: readonly FieldNode[],
    first: FieldNode,
    fieldType: GraphQLOutputType,
    value: unknown,
    type: GraphQLObjectType,
    path: Path,
  ): unknown {
    const allowed = nodes.filter((node) => !isDenied(node))
    if (allowed.length === 0) {
      if (denials.length < maxDenials) denials.push({ path, field: first, typeName: type.name })
      return null
    }
    if (!allowed.some((node) => touched.has(node))) return value ?? null
    return fillValue(
      value ?? null,
      fieldType,
      allowed.flatMap((node) => node.selectionSet ?? []),
      path,
    )
  }

  function fillValue(value: unknown, type: GraphQLOutputType, sets: readonly SelectionSetNode[], path: Path): unknown {
    const inner = isNonNullType(type) ? type.ofType : type
    if (Array.isArray(value) && isListType(inner)) {
      const itemType: GraphQLOutputType = inner.ofType
      const items = value.map((item, index) => fillValue(item, itemType, sets, [...path, index]))
      return isNonNullType(itemType) && items.includes(null) ? null : items
    }
    if (!isRecord(value)) return value
    const named = getNamedType(inner)
    const objectType = isObjectType(named) ? named : schema.getType(String(value[typeKey]))
    return isObjectType(objectType) ? fillObject(value, sets, objectType, path) : null
  }

  return { data: fillObject(data, [operation.selectionSet], rootType, []), denials }
}

const isRecord = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value)
