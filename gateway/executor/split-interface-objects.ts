import {
  type FieldNode,
  type GraphQLSchema,
  type InlineFragmentNode,
  isInterfaceType,
  isNonNullType,
  Kind,
  print,
  type SelectionNode,
  stripIgnoredCharacters,
} from 'graphql'
import { openFragments } from './open-fragments.ts'
import type { PlanCall, PlanStep } from './plan.ts'

/**
 * A subgraph that knows an interface as one object type is asked the fields of all its types at once, also of entities
 * of which the client wants only some. A non-null one that fails there would take the others with it, so each gets a
 * lookup of its own; `join-calls.ts` makes one call of them again.
 */
export const splitInterfaceObjects = (
  plan: PlanStep,
  interfaceObjects: ReadonlySet<string>,
  schema: GraphQLSchema,
): PlanStep => {
  const split = (step: PlanStep): PlanStep => {
    switch (step.kind) {
      case 'call':
        return splitCall(step, interfaceObjects, schema)
      case 'sequence':
      case 'parallel':
        return { ...step, steps: step.steps.map(split) }
      case 'condition':
        return {
          ...step,
          whenTrue: step.whenTrue && split(step.whenTrue),
          whenFalse: step.whenFalse && split(step.whenFalse),
        }
    }
  }
  return interfaceObjects.size === 0 ? plan : split(plan)
}

const splitCall = (call: PlanCall, interfaceObjects: ReadonlySet<string>, schema: GraphQLSchema): PlanStep => {
  const [lookup, ...others] = call.lookups
  if (lookup === undefined || others.length > 0 || call.operation !== 'query') return call
  const operation = openFragments(call.text)
  const [entities] = operation.selectionSet.selections
  if (entities?.kind !== Kind.FIELD) return call
  const [fragment, ...further] = entities.selectionSet?.selections ?? []
  if (fragment?.kind !== Kind.INLINE_FRAGMENT || further.length > 0) return call
  const type = schema.getType(fragment.typeCondition?.name.value ?? '')
  if (!isInterfaceType(type) || !interfaceObjects.has(type.name)) return call

  const mayTakeOthers = (selection: SelectionNode): selection is FieldNode =>
    selection.kind === Kind.FIELD && isNonNullType(type.getFields()[selection.name.value]?.type)
  const { selections } = fragment.selectionSet
  const alone = selections.filter(mayTakeOthers).map((field) => [field])
  const together = selections.filter((selection) => !mayTakeOthers(selection))
  const groups = together.length === 0 ? alone : [together, ...alone]
  if (groups.length < 2) return call
  const withOnly = (group: readonly SelectionNode[]): PlanCall => {
    const only: InlineFragmentNode = { ...fragment, selectionSet: { ...fragment.selectionSet, selections: group } }
    const field: FieldNode = { ...entities, selectionSet: { kind: Kind.SELECTION_SET, selections: [only] } }
    const text = print({ ...operation, selectionSet: { ...operation.selectionSet, selections: [field] } })
    return { ...call, text: stripIgnoredCharacters(text) }
  }
  return { kind: 'parallel', steps: groups.map(withOnly) }
}
