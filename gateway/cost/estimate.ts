import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
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
} from 'graphql'
import type { CostDirectives } from './cost-directives.ts'
import { type Estimate, readSlices, type Slice, withDefaults } from './slicing.ts'

export type CostRules = {
  /** Items assumed of a list that says nothing of its size. */
  readonly defaultListSize: number
  /** Points of each root field of a mutation, on top of what it returns. */
  readonly mutationWeight: number
  /** Points of opening a subscription, on top of what one event returns. */
  readonly subscriptionWeight: number
}

export const defaultCostRules: CostRules = { defaultListSize: 10, mutationWeight: 10, subscriptionWeight: 5 }

export type OperationEstimate = {
  /** Points the operation may cost. */
  readonly cost: Estimate
  /** Objects that its lists may hold, all lists together. */
  readonly listNodes: Estimate
  /** Every page size that the document or a variable may give, -1 where it does not. */
  readonly pages: readonly { readonly coordinate: string; readonly sizeOf: Estimate }[]
}

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
): OperationEstimate {
  const root = schema.getRootType(operation.operation)
  if (root === undefined || root === null) return { cost: free, listNodes: free, pages: [] }
  const pages: { coordinate: string; sizeOf: Estimate }[] = []
  const settled = withDefaults(operation)
  const measure = { document, schema, directives, rules }

  const rootWeight = operation.operation === 'mutation' ? rules.mutationWeight : 0
  const base = operation.operation === 'subscription' ? rules.subscriptionWeight : 0
  const points = createCompiler({
    ...measure,
    weigh: (key, typeName, isComposite) =>
      directives.fieldWeights.get(key) ?? directives.typeWeights.get(typeName) ?? (isComposite ? 1 : 0),
    onSlice: (coordinate, { sizeOf }) => pages.push({ coordinate, sizeOf: settled(sizeOf) }),
  })(operation.selectionSet, root, rootWeight)
  const nodes = createCompiler({
    ...measure,
    weigh: (_key, _typeName, isComposite, isList) => (isComposite && isList ? 1 : 0),
    onSlice() {},
  })(operation.selectionSet, root, 0)
  return { cost: settled((variables) => Math.ceil(base + points(variables))), listNodes: settled(nodes), pages }
}

type Measure = {
  readonly document: DocumentNode
  readonly schema: GraphQLSchema
  readonly directives: CostDirectives
  readonly rules: CostRules
  /** What one value of a field counts, without what is selected of it. */
  readonly weigh: (key: string, typeName: string, isComposite: boolean, isList: boolean) => number
  /** Told each argument that gives a page's size. */
  readonly onSlice: (coordinate: string, slice: Slice) => void
}

type SizedField = { readonly name: string; readonly countOf: Estimate }

const free: Estimate = () => 0

type CompileRoot = (set: SelectionSetNode, root: GraphQLCompositeType, rootWeight: number) => Estimate

function createCompiler({ document, schema, directives, rules, weigh, onSlice }: Measure): CompileRoot {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  return (set, root, rootWeight) => compileSet(set, root, [], rootWeight)

  function compileSet(
    set: SelectionSetNode,
    parent: GraphQLCompositeType,
    sized: readonly SizedField[],
    extraWeight: number,
  ): Estimate {
    const parts = set.selections.map((selection): Estimate => {
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
  ): Estimate {
    const name = node.name.value
    if (name.startsWith('__')) return free
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined
    if (field === undefined) return free
    const key = `${parent.name}.${name}`
    const type = getNamedType(field.type)
    const composite = isCompositeType(type)
    const isList = isListType(getNullableType(field.type))
    const weight = weigh(key, type.name, composite, isList)
    const listSize = directives.listSizes.get(key)
    const slices = listSize === undefined ? [] : readSlices(listSize.slicingArguments, field, node)
    for (const slice of slices) {
      const argument = field.args.find((candidate) => candidate.name === slice.argument)
      if (slice.isGiven && argument !== undefined && !isListType(getNullableType(argument.type))) {
        onSlice(`${key}(${slice.argument}:)`, slice)
      }
    }
    const countOf = listSize && greatest(slices, listSize.assumedSize ?? rules.defaultListSize)
    const inner =
      countOf === undefined ? [] : (listSize?.sizedFields ?? []).map((sizedName) => ({ name: sizedName, countOf }))
    const children = composite && node.selectionSet !== undefined ? compileSet(node.selectionSet, type, inner, 0) : free
    if (weight === 0 && extraWeight === 0 && children === free) return free

    const own: Estimate = (variables) => weight + children(variables)
    if (!isList) return (variables) => extraWeight + own(variables)
    const inherited = sized.find((entry) => entry.name === name)?.countOf
    const count =
      inherited ?? (listSize?.sizedFields.length === 0 ? countOf : undefined) ?? (() => rules.defaultListSize)
    return (variables) => extraWeight + count(variables) * own(variables)
  }
}

function greatest(slices: readonly Slice[], fallback: number): Estimate {
  return (variables) => {
    let count = -1
    for (const { sizeOf } of slices) count = Math.max(count, sizeOf(variables))
    return count < 0 ? fallback : count
  }
}

function sum(parts: readonly Estimate[]): Estimate {
  if (parts.length === 0) return free
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return only
  return (variables) => {
    let total = 0
    for (const part of parts) total += part(variables)
    return total
  }
}
