import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql'
import type { Weights } from '../executor/weights.ts'
import type { ResultData } from '../result-data.ts'
import type { CostDirectives } from './cost-directives.ts'
import { type CostRules, defaultCostRules } from './estimate.ts'

/** @returns points an operation did cost, counted on the data of its answer; by the same weights as the estimate. */
export type ActualCost = (data: Pick<ResultData, 'weigh'>) => number

type Part = { readonly key: string; weight: number; readonly parts: Map<string, Part> }

/** Compiles the count over an operation's answers: only keys that cost anything are looked at. */
export function compileActualCost(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  schema: GraphQLSchema,
  directives: CostDirectives,
  rules: CostRules = defaultCostRules,
): ActualCost {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  const roots = new Map<string, Part>()
  const type = schema.getRootType(operation.operation)
  if (type) collect(operation.selectionSet, type, roots)
  const weights = toWeights(roots)
  const mutations = operation.operation === 'mutation' ? roots.size * rules.mutationWeight : 0
  return (data) => Math.ceil(mutations + data.weigh(weights))

  function collect(set: SelectionSetNode, parent: GraphQLCompositeType, parts: Map<string, Part>): void {
    for (const selection of set.selections) {
      if (selection.kind !== Kind.FIELD) {
        const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
        const named = fragment?.typeCondition && schema.getType(fragment.typeCondition.name.value)
        if (fragment !== undefined) collect(fragment.selectionSet, isCompositeType(named) ? named : parent, parts)
        continue
      }
      const name = selection.name.value
      const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined
      if (field === undefined || name.startsWith('__')) continue
      const fieldType = getNamedType(field.type)
      const isComposite = isCompositeType(fieldType)
      const weight =
        directives.fieldWeights.get(`${parent.name}.${name}`) ??
        directives.typeWeights.get(fieldType.name) ??
        (isComposite ? 1 : 0)
      const key = selection.alias?.value ?? name
      const part = parts.get(key) ?? { key, weight, parts: new Map<string, Part>() }
      // Fields of different types may share a key; the dearer one is counted.
      part.weight = Math.max(part.weight, weight)
      parts.set(key, part)
      if (isComposite && selection.selectionSet !== undefined) collect(selection.selectionSet, fieldType, part.parts)
    }
  }
}

/** Only what costs anything, or holds what does. */
function toWeights(parts: ReadonlyMap<string, Part>): Weights {
  return [...parts.values()]
    .map((part) => ({ key: part.key, weight: part.weight, parts: toWeights(part.parts) }))
    .filter(({ weight, parts: inner }) => weight > 0 || inner.length > 0)
}
