import {
  type DocumentNode,
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
  type SelectionSetNode,
} from 'graphql'
import type { AccessRules } from './access-rules.ts'

/** Which requirements each field of a document has. */
export type Needs = {
  /** All of them, ascending, each once. */
  readonly all: readonly number[]
  readonly ofField: ReadonlyMap<FieldNode, readonly number[]>
}

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>

export function fragmentsOf(document: DocumentNode): Fragments {
  const fragments = new Map<string, FragmentDefinitionNode>()
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition)
  }
  return fragments
}

/**
 * Collects what the fields of a selection, and of the fragments it reaches, need. A field needs what is said of itself, of
 * what it returns and of what it is read from; one read from an abstract type needs what any type behind it needs.
 * @returns null when nothing is needed
 */
export function needsOf(
  root: SelectionSetNode,
  rootType: GraphQLCompositeType,
  fragments: Fragments,
  schema: GraphQLSchema,
  rules: AccessRules,
): Needs | null {
  const all = new Set<number>()
  const ofField = new Map<FieldNode, readonly number[]>()
  const entered = new Set<string>()
  const known = new Map<string, readonly number[]>()

  function fieldNeeds(type: GraphQLCompositeType, name: string): readonly number[] {
    const coordinate = `${type.name}.${name}`
    const before = known.get(coordinate)
    if (before !== undefined) return before
    const found = new Set<number>()
    const add = (numbers: readonly number[] | undefined) => {
      for (const number of numbers ?? []) found.add(number)
    }
    for (const one of isAbstractType(type) ? [type, ...schema.getPossibleTypes(type)] : [type]) {
      add(rules.ofField.get(`${one.name}.${name}`))
      add(rules.ofType.get(one.name))
      for (const face of isObjectType(one) || isInterfaceType(one) ? one.getInterfaces() : []) {
        add(rules.ofField.get(`${face.name}.${name}`))
      }
      const returned = isObjectType(one) || isInterfaceType(one) ? one.getFields()[name]?.type : undefined
      if (returned !== undefined) add(rules.ofType.get(getNamedType(returned).name))
    }
    const needed = [...found].sort((a, b) => a - b)
    known.set(coordinate, needed)
    return needed
  }

  function enter(set: SelectionSetNode, type: GraphQLCompositeType): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) enterField(selection, type)
      else {
        const isSpread = selection.kind === Kind.FRAGMENT_SPREAD
        if (isSpread && entered.has(selection.name.value)) continue
        if (isSpread) entered.add(selection.name.value)
        const fragment = isSpread ? fragments.get(selection.name.value) : selection
        if (fragment !== undefined)
          enter(fragment.selectionSet, typeOf(fragment.typeCondition?.name.value, type, schema))
      }
    }
  }

  function enterField(field: FieldNode, type: GraphQLCompositeType): void {
    const name = field.name.value
    if (name.startsWith('__')) return
    const needed = fieldNeeds(type, name)
    if (needed.length > 0) ofField.set(field, needed)
    for (const number of needed) all.add(number)
    const returned = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name]?.type : undefined
    const inner = returned === undefined ? undefined : getNamedType(returned)
    if (field.selectionSet !== undefined && isCompositeType(inner)) enter(field.selectionSet, inner)
  }

  enter(root, rootType)
  return all.size === 0 ? null : { all: [...all].sort((a, b) => a - b), ofField }
}

/** The type a fragment's condition names; without one, that around it. */
export function typeOf(
  condition: string | undefined,
  around: GraphQLCompositeType,
  schema: GraphQLSchema,
): GraphQLCompositeType {
  const type = condition === undefined ? undefined : schema.getType(condition)
  return isCompositeType(type) ? type : around
}
