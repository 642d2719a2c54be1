import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql'
import { type Fragments, typeOf } from './needs.ts'

/** Under which key an object of a pruned answer says its type, where that must be known; never shown. */
export const typeKey = 'storeloom__type'

export type PrunedSelection = {
  /** Null when nothing of the operation is left. */
  readonly operation: OperationDefinitionNode | null
  readonly fragments: readonly FragmentDefinitionNode[]
  /** A field of the root that was taken away, if any was. */
  readonly deniedRoot: FieldNode | null
  /** Fields below which something was taken away. */
  readonly touched: ReadonlySet<FieldNode>
}

/** Takes denied fields out of an operation, so that no plan is made for them. What stays is a valid operation. */
export function pruneOperation(
  operation: OperationDefinitionNode,
  rootType: GraphQLCompositeType,
  fragments: Fragments,
  schema: GraphQLSchema,
  isDenied: (field: FieldNode) => boolean,
): PrunedSelection {
  const touched = new Set<FieldNode>()
  const done = new Map<string, { readonly node: FragmentDefinitionNode | null; readonly isCut: boolean }>()

  type Cut = { readonly selections: SelectionNode[]; readonly isCut: boolean }

  function cut(set: SelectionSetNode, type: GraphQLCompositeType): Cut {
    let isCut = false
    const selections: SelectionNode[] = []
    const keep = (node: SelectionNode | null, wasCut: boolean) => {
      isCut ||= wasCut
      if (node !== null) selections.push(node)
    }
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        if (isDenied(selection)) keep(null, true)
        else {
          const kept = cutField(selection, type)
          keep(kept, kept !== selection)
        }
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const inner = cut(selection.selectionSet, typeOf(selection.typeCondition?.name.value, type, schema))
        if (!inner.isCut) keep(selection, false)
        else keep(inner.selections.length === 0 ? null : { ...selection, selectionSet: setOf(inner.selections) }, true)
      } else {
        const fragment = cutFragment(selection.name.value)
        keep(fragment.node === null ? null : selection, fragment.isCut)
      }
    }
    return { selections, isCut }
  }

  function cutField(field: FieldNode, type: GraphQLCompositeType): FieldNode {
    const returned = isObjectType(type) || isInterfaceType(type) ? type.getFields()[field.name.value]?.type : undefined
    const inner = returned === undefined ? undefined : getNamedType(returned)
    if (field.selectionSet === undefined || !isCompositeType(inner)) return field
    const { selections, isCut } = cut(field.selectionSet, inner)
    if (!isCut) return field
    touched.add(field)
    const mustTell = selections.length === 0 || isAbstractType(inner)
    return { ...field, selectionSet: setOf(mustTell ? [...selections, typeField] : selections) }
  }

  function cutFragment(name: string) {
    const known = done.get(name)
    if (known !== undefined) return known
    const fragment = fragments.get(name)
    const type = schema.getType(fragment?.typeCondition.name.value ?? '')
    if (fragment === undefined || !isCompositeType(type)) return { node: null, isCut: true }
    const { selections, isCut } = cut(fragment.selectionSet, type)
    const node = !isCut ? fragment : selections.length === 0 ? null : { ...fragment, selectionSet: setOf(selections) }
    const made = { node, isCut }
    done.set(name, made)
    return made
  }

  const { selections } = cut(operation.selectionSet, rootType)
  const findDenied = (set: SelectionSetNode): FieldNode | null => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        if (isDenied(selection)) return selection
        continue
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
      const found = fragment === undefined ? null : findDenied(fragment.selectionSet)
      if (found !== null) return found
    }
    return null
  }
  return {
    operation: selections.length === 0 ? null : { ...operation, selectionSet: setOf(selections) },
    fragments: [...done.values()].flatMap(({ node }) => node ?? []),
    deniedRoot: findDenied(operation.selectionSet),
    touched,
  }
}

const setOf = (selections: readonly SelectionNode[]): SelectionSetNode => ({ kind: Kind.SELECTION_SET, selections })

const typeField: FieldNode = {
  kind: Kind.FIELD,
  alias: { kind: Kind.NAME, value: typeKey },
  name: { kind: Kind.NAME, value: '__typename' },
}
