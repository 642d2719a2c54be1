import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  typeFromAST,
} from 'graphql'
import { type Conditions, isIncluded } from './conditions.ts'
import type { DataObject } from './data.ts'
import type { FragmentNode } from './defer.ts'

/** What the client gets of an object of one type: its fields in order, conditions already decided. */
export type Shape = {
  /** Undefined when the runtime type is unknown because nothing depended on it. */
  readonly typeName: string | undefined
  readonly fields: readonly ShapeField[]
  /** Fragments whose fields are told later. */
  readonly deferred: readonly DeferredShape[]
}

export type DeferredShape = { readonly fragment: FragmentNode; readonly shapes: Shapes }

export type ShapeField = {
  /** The client's response key. */
  readonly key: string
  /** Key in the merged data. */
  readonly from: string
  readonly kind: 'typename' | 'introspection' | 'value'
  readonly name: string
  readonly type: GraphQLOutputType
  readonly nodes: readonly FieldNode[]
  /** For fields of composite types. */
  readonly shapes: Shapes | undefined
}

/** The shapes a value of a composite type can have, by its runtime type. */
export type Shapes = {
  readonly declared: GraphQLCompositeType
  /** The only shape there can be, for an object type. */
  readonly only: Shape | undefined
  /** @returns undefined when the object's type is none the client may see here */
  of(object: DataObject): Shape | undefined
}

export type ShapeDeps = {
  readonly schema: GraphQLSchema
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  keyOf(field: FieldNode): string
  /** Values of the Boolean variables that @skip and @include hang on. */
  readonly conditions: Conditions
  /** Whether what a fragment holds is told later. */
  isDeferred(fragment: FragmentNode): boolean
}

/** Shapes are made at first use: most operations meet few of the types an interface could have. */
export const createShapes = (
  declared: GraphQLCompositeType,
  selectionSets: readonly SelectionSetNode[],
  deps: ShapeDeps,
): Shapes => {
  if (isObjectType(declared)) {
    let shape: Shape | undefined
    const only = (): Shape => (shape ??= createShape(declared, declared.name, selectionSets, deps))
    return {
      declared,
      get only() {
        return only()
      },
      of: only,
    }
  }
  const perType = new Map<unknown, Shape | undefined>()
  return {
    declared,
    only: undefined,
    of: (object) => {
      const typeName = object.__typename
      const known = perType.get(typeName)
      if (known !== undefined || perType.has(typeName)) return known
      const shape = shapeForName(typeName)
      // What a subgraph calls its types is outside our hands: only known names are remembered.
      if (shape !== undefined) perType.set(typeName, shape)
      return shape
    },
  }

  function shapeForName(typeName: unknown): Shape | undefined {
    if (typeof typeName !== 'string') return untyped()
    const type = deps.schema.getType(typeName)
    if (isObjectType(type)) {
      const fits = isAbstractType(declared) && deps.schema.isSubType(declared, type)
      return fits ? createShape(type, type.name, selectionSets, deps) : undefined
    }
    // An interface object says the interface's name where nobody needed to know the real type.
    return isInterfaceType(type) ? untyped() : undefined
  }

  /** Where something hangs on the type, not knowing it is no way to say that no fragment applies. */
  function untyped(): Shape | undefined {
    const hangsOnType = selectionSets.some((selectionSet) => narrows(selectionSet, declared, deps))
    return hangsOnType ? undefined : createShape(declared, undefined, selectionSets, deps)
  }
}

const narrows = (selectionSet: SelectionSetNode, declared: GraphQLCompositeType, deps: ShapeDeps): boolean =>
  selectionSet.selections.some((selection) => {
    if (isIncluded(selection, deps.conditions) !== true) return false
    if (selection.kind === Kind.FIELD) return selection.name.value === '__typename'
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? deps.fragments.get(selection.name.value) : selection
    if (fragment === undefined) return false
    const condition = fragment.typeCondition && typeFromAST(deps.schema, fragment.typeCondition)
    if (isCompositeType(condition) && !applies(declared, condition, deps.schema)) {
      return asksAnything(selection, typesOf(declared, deps.schema), deps)
    }
    return narrows(fragment.selectionSet, declared, deps)
  })

/** @param types objects that may be there: none is left where conditions contradict each other */
const asksAnything = (selection: SelectionNode, types: readonly GraphQLObjectType[], deps: ShapeDeps): boolean => {
  if (isIncluded(selection, deps.conditions) !== true) return false
  if (selection.kind === Kind.FIELD) return true
  const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? deps.fragments.get(selection.name.value) : selection
  if (fragment === undefined) return false
  const condition = fragment.typeCondition && typeFromAST(deps.schema, fragment.typeCondition)
  const left = isCompositeType(condition) ? types.filter((type) => applies(type, condition, deps.schema)) : types
  return left.length > 0 && fragment.selectionSet.selections.some((inner) => asksAnything(inner, left, deps))
}

const typesOf = (type: GraphQLCompositeType, schema: GraphQLSchema): readonly GraphQLObjectType[] =>
  isAbstractType(type) ? schema.getPossibleTypes(type) : [type]

const createShape = (
  type: GraphQLCompositeType,
  typeName: string | undefined,
  selectionSets: readonly SelectionSetNode[],
  deps: ShapeDeps,
): Shape => {
  const collected: Collected = { fields: new Map(), spread: new Set(), deferred: [] }
  for (const selectionSet of selectionSets) collect(selectionSet, type, deps, collected)
  const fields: ShapeField[] = []
  for (const [key, nodes] of collected.fields) {
    const [node] = nodes
    if (node === undefined) continue
    const name = node.name.value
    const meta = metaFields.get(name)
    if (meta !== undefined) {
      const kind = name === '__typename' ? 'typename' : 'introspection'
      fields.push({ key, from: key, kind, name, type: meta.type, nodes, shapes: undefined })
      continue
    }
    const definition = 'getFields' in type ? type.getFields()[name] : undefined
    if (definition === undefined) continue
    const named = getNamedType(definition.type)
    const nested = nodes.flatMap((field) => field.selectionSet ?? [])
    fields.push({
      key,
      from: deps.keyOf(node),
      kind: 'value',
      name,
      type: definition.type,
      nodes,
      shapes: isCompositeType(named) ? createShapes(named, nested, deps) : undefined,
    })
  }
  const deferred = collected.deferred.map(([fragment, selectionSet]) => ({
    fragment,
    shapes: createShapes(type, [selectionSet], deps),
  }))
  return { typeName, fields, deferred }
}

const metaFields = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef, TypeNameMetaFieldDef].map((field) => [field.name, field]),
)

type Collected = {
  readonly fields: Map<string, FieldNode[]>
  readonly spread: Set<string>
  readonly deferred: [FragmentNode, SelectionSetNode][]
}

const collect = (
  selectionSet: SelectionSetNode,
  type: GraphQLCompositeType,
  deps: ShapeDeps,
  collected: Collected,
): void => {
  for (const selection of selectionSet.selections) {
    if (isIncluded(selection, deps.conditions) !== true) continue
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value
      const nodes = collected.fields.get(key)
      if (nodes === undefined) collected.fields.set(key, [selection])
      else nodes.push(selection)
      continue
    }
    const isLater = deps.isDeferred(selection)
    if (selection.kind === Kind.FRAGMENT_SPREAD && !isLater) {
      if (collected.spread.has(selection.name.value)) continue
      collected.spread.add(selection.name.value)
    }
    const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? deps.fragments.get(selection.name.value) : selection
    if (fragment === undefined) continue
    if (fragment.typeCondition !== undefined) {
      const condition = typeFromAST(deps.schema, fragment.typeCondition)
      if (!isCompositeType(condition) || !applies(type, condition, deps.schema)) continue
    }
    if (isLater) collected.deferred.push([selection, fragment.selectionSet])
    else collect(fragment.selectionSet, type, deps, collected)
  }
}

const applies = (type: GraphQLCompositeType, condition: GraphQLCompositeType, schema: GraphQLSchema): boolean =>
  type === condition || (isAbstractType(condition) && isConcrete(type) && schema.isSubType(condition, type))

const isConcrete = (type: GraphQLCompositeType): type is GraphQLObjectType | GraphQLInterfaceType =>
  isObjectType(type) || isInterfaceType(type)
