import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql'
import type { CostDirectives, ListSize } from './cost-directives.ts'

export type CostRules = {
  /** Items assumed of a list that says nothing of its size. */
  readonly defaultListSize: number
  /** Points of each root field of a mutation, on top of what it returns. */
  readonly mutationWeight: number
  /** Points of opening a subscription, on top of what one event returns. */
  readonly subscriptionWeight: number
}

export const defaultCostRules: CostRules = { defaultListSize: 10, mutationWeight: 10, subscriptionWeight: 5 }

export type VariableValues = Readonly<Record<string, unknown>>

/** @returns points the operation may cost with these (coerced) variables, before anything of it ran. */
export type CostEstimate = (variables: VariableValues) => number

/**
 * Compiles what an operation costs. Scalars and enums are free, an object costs 1, a list as many times its
 * item as it may hold; `@cost` and `@listSize` say otherwise. Of alternatives (fragments on different types)
 * all are charged, since which applies is known only afterwards; the difference is given back.
 *
 * @param document a valid one, within the recursive selections limit
 */
export function compileCost(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  directives: CostDirectives,
  rules: CostRules = defaultCostRules,
): CostEstimate {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const root = schema.getRootType(operation.operation)
  if (root === undefined || root === null) return () => 0
  const rootWeight = operation.operation === 'mutation' ? rules.mutationWeight : 0
  const base = operation.operation === 'subscription' ? rules.subscriptionWeight : 0
  const selections = compileSet(operation.selectionSet, root, [], rootWeight)
  return (variables) => Math.ceil(base + selections(variables))

  function compileSet(
    set: SelectionSetNode,
    parent: GraphQLCompositeType,
    sized: readonly SizedField[],
    extraWeight: number,
  ): CostEstimate {
    const parts = set.selections.map((selection): CostEstimate => {
      switch (selection.kind) {
        case Kind.FIELD:
          return compileField(selection, parent, sized, extraWeight)
        case Kind.INLINE_FRAGMENT: {
          const type = selection.typeCondition && schema.getType(selection.typeCondition.name.value)
          return compileSet(selection.selectionSet, isCompositeType(type) ? type : parent, sized, extraWeight)
        }
        case Kind.FRAGMENT_SPREAD: {
          const fragment = fragments.get(selection.name.value)
          const type = fragment && schema.getType(fragment.typeCondition.name.value)
          return fragment === undefined || !isCompositeType(type)
            ? free
            : compileSet(fragment.selectionSet, type, sized, extraWeight)
        }
        default:
          return selection satisfies never
      }
    })
    return sum(parts.filter((part) => part !== free))
  }

  function compileField(
    node: FieldNode,
    parent: GraphQLCompositeType,
    sized: readonly SizedField[],
    extraWeight: number,
  ): CostEstimate {
    const name = node.name.value
    if (name.startsWith('__')) return free
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined
    if (field === undefined) return free
    const key = `${parent.name}.${name}`
    const type = getNamedType(field.type)
    const composite = isCompositeType(type)
    const weight = directives.fieldWeights.get(key) ?? directives.typeWeights.get(type.name) ?? (composite ? 1 : 0)
    const listSize = directives.listSizes.get(key)
    const countOf = listSize === undefined ? undefined : compileCount(listSize, field, node)
    const children =
      composite && node.selectionSet !== undefined
        ? compileSet(
            node.selectionSet,
            type,
            countOf === undefined
              ? []
              : (listSize?.sizedFields ?? []).map((sizedName) => ({ name: sizedName, countOf })),
            0,
          )
        : free
    if (weight === 0 && extraWeight === 0 && children === free) return free

    const own: CostEstimate = (variables) => weight + children(variables)
    if (!isListType(getNullableType(field.type))) return (variables) => extraWeight + own(variables)
    const inherited = sized.find((entry) => entry.name === name)?.countOf
    const count =
      inherited ?? (listSize?.sizedFields.length === 0 ? countOf : undefined) ?? (() => rules.defaultListSize)
    return (variables) => extraWeight + count(variables) * own(variables)
  }

  function compileCount(listSize: ListSize, field: GraphQLField<unknown, unknown>, node: FieldNode): CostEstimate {
    const fallback = listSize.assumedSize ?? rules.defaultListSize
    const sources = listSize.slicingArguments.map((argument) => {
      const given = node.arguments?.find((candidate) => candidate.name.value === argument)?.value
      const definition = field.args.find((candidate) => candidate.name === argument)
      return { given, fallback: definition?.defaultValue }
    })
    return (variables) => {
      let count = -1
      for (const source of sources) {
        const size = sizeOf(
          source.given === undefined ? source.fallback : read(source.given, variables, source.fallback),
        )
        if (size > count) count = size
      }
      return count < 0 ? fallback : count
    }
  }
}

type SizedField = { readonly name: string; readonly countOf: CostEstimate }

const free: CostEstimate = () => 0

function sum(parts: readonly CostEstimate[]): CostEstimate {
  if (parts.length === 0) return free
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  return (variables) => {
    let total = 0
    for (const part of parts) total += part(variables)
    return total
  }
}

/** @returns a list's bound, or -1 when the argument bounds nothing. */
function sizeOf(value: unknown): number {
  if (typeof value === 'number') return Math.max(0, value)
  return Array.isArray(value) ? value.length : -1
}

function read(node: ValueNode, variables: VariableValues, fallback: unknown): unknown {
  switch (node.kind) {
    case Kind.VARIABLE: {
      const value = variables[node.name.value]
      return value === undefined ? fallback : value
    }
    case Kind.INT:
      return Number(node.value)
    case Kind.LIST:
      return node.values
    default:
      return undefined
  }
}
