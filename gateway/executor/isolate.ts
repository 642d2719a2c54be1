import {
  type ArgumentNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  typeFromAST,
  visit,
} from 'graphql'
import { type Conditions, decide, isCondition, isIncluded } from './conditions.ts'
import type { SupergraphFacts } from './supergraph.ts'

/** The client's operation as planners get it, and the keys its fields have in the merged data. */
export type IsolatedOperation = {
  /** Undefined when nothing but introspection and root `__typename` is asked for. */
  readonly document: DocumentNode | undefined
  keyOf(field: FieldNode): string
  /** The client's name of a variable of the planned document. */
  variableOf(planned: string): string
}

/**
 * Rewrites an operation so that nothing the client names can collide with what a planner adds (keys, inputs of
 * `@requires`, its own aliases and variables): such response keys become private ones. Named fragments are opened,
 * known conditions resolved, aliased `__typename` made plain, introspection left out.
 */
export const isolateOperation = (
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  facts: SupergraphFacts,
  conditions: Conditions,
): IsolatedOperation => {
  const schema = facts.apiSchema
  const keys = new Map<FieldNode, string>()
  const privateKeys = new Map<string, string>()
  const variables = new Map<string, string>()

  const keyOf = (field: FieldNode): string => {
    const known = keys.get(field)
    if (known !== undefined) return known
    const key = field.alias?.value ?? field.name.value
    const isolated = mayCollide(field, key, facts) ? privateKey(field, key) : key
    keys.set(field, isolated)
    return isolated
  }

  const privateKey = (field: FieldNode, key: string): string => {
    const identity = `${key} ${field.name.value} ${(field.arguments ?? []).map(print).sort().join()}`
    const known = privateKeys.get(identity)
    if (known !== undefined) return known
    let name = `q${privateKeys.size}_${key}`
    while (facts.fieldNames.has(name)) name = `q${name}`
    privateKeys.set(identity, name)
    return name
  }

  const toField = (field: FieldNode, parent: GraphQLCompositeType, isRoot: boolean): FieldNode[] => {
    const name = field.name.value
    if (name === '__typename') return isRoot ? [] : [{ ...plainTypename, directives: openDirectives(field) }]
    if (name === '__schema' || name === '__type') return []
    const definition = 'getFields' in parent ? parent.getFields()[name] : undefined
    if (definition === undefined) throw new TypeError(`Cannot prepare operation: ${parent.name} has no field ${name}`)
    const type = getNamedType(definition.type)
    const key = keyOf(field)
    return [
      {
        kind: Kind.FIELD,
        name: field.name,
        ...(key === name ? {} : { alias: { kind: Kind.NAME, value: key } }),
        arguments: (field.arguments ?? []).map(renameVariables),
        directives: openDirectives(field),
        ...(field.selectionSet && isCompositeType(type)
          ? {
              selectionSet: { kind: Kind.SELECTION_SET, selections: toSelections(field.selectionSet.selections, type) },
            }
          : {}),
      },
    ]
  }

  const open = (selections: readonly SelectionNode[], parent: GraphQLCompositeType, isRoot: boolean) => {
    const opened: SelectionNode[] = []
    const spread = new Set<string>()
    for (const selection of selections) {
      if (isIncluded(selection, conditions) === false) continue
      if (selection.kind === Kind.FIELD) {
        opened.push(...toField(selection, parent, isRoot))
        continue
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection
      if (fragment === undefined) continue
      const directives = openDirectives(selection)
      if (selection.kind === Kind.FRAGMENT_SPREAD && directives.length === 0) {
        if (spread.has(selection.name.value)) continue
        spread.add(selection.name.value)
      }
      const type = fragment.typeCondition ? typeFromAST(schema, fragment.typeCondition) : parent
      if (!isCompositeType(type)) continue
      const nested = open(fragment.selectionSet.selections, type, isRoot)
      if (nested.length === 0) continue
      opened.push({
        kind: Kind.INLINE_FRAGMENT,
        ...(fragment.typeCondition ? { typeCondition: fragment.typeCondition } : {}),
        directives,
        selectionSet: { kind: Kind.SELECTION_SET, selections: nested },
      })
    }
    return opened
  }

  const toSelections = (selections: readonly SelectionNode[], parent: GraphQLCompositeType): SelectionNode[] => {
    const opened = open(selections, parent, false)
    if (opened.length === 0 || needsTypename(parent, opened, facts)) opened.unshift(plainTypename)
    return opened
  }

  const renameVariables = <Node extends ArgumentNode | DirectiveNode>(node: Node): Node =>
    visit(node, {
      Variable: (variable) => {
        const name = variable.name.value
        if (!isReservedVariable(name)) return undefined
        const planned = variables.get(name) ?? `v${variables.size}_${name.replaceAll('_', '')}`
        variables.set(name, planned)
        return { ...variable, name: { kind: Kind.NAME, value: planned } }
      },
    })

  const openDirectives = (node: SelectionNode): DirectiveNode[] =>
    (node.directives ?? [])
      .filter((directive) => isCondition(directive) && decide(directive, conditions) === undefined)
      .map(renameVariables)

  const root = schema.getRootType(operation.operation)
  if (!isObjectType(root)) throw new TypeError(`Cannot prepare operation: the graph has no ${operation.operation} type`)
  const selections = open(operation.selectionSet.selections, root, true)
  const used = new Set<string>()
  for (const selection of selections) visit(selection, { Variable: (variable) => void used.add(variable.name.value) })
  const clientNames = new Map([...variables].map(([client, planned]) => [planned, client]))
  const planned: OperationDefinitionNode = {
    kind: Kind.OPERATION_DEFINITION,
    operation: operation.operation,
    directives: [],
    variableDefinitions: (operation.variableDefinitions ?? []).flatMap((definition) => {
      const name = variables.get(definition.variable.name.value) ?? definition.variable.name.value
      if (!used.has(name)) return []
      return [{ ...definition, variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } } }]
    }),
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  }
  return {
    document: selections.length === 0 ? undefined : { kind: Kind.DOCUMENT, definitions: [planned] },
    keyOf,
    variableOf: (name) => clientNames.get(name) ?? name,
  }
}

const plainTypename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

const isReservedVariable = (name: string): boolean => name.startsWith('representations') || name.startsWith('__')

const mayCollide = (field: FieldNode, key: string, facts: SupergraphFacts): boolean => {
  const name = field.name.value
  if (key in Object.prototype) return true
  return key !== name && (key.startsWith('_') || facts.fieldNames.has(key))
}

/**
 * Planners leave `__typename` out where only fields of the interface are read. It decides something all the same when
 * an inaccessible type may come, or when a type is stricter about null than its interface.
 */
const needsTypename = (
  parent: GraphQLCompositeType,
  selections: readonly SelectionNode[],
  facts: SupergraphFacts,
): boolean => {
  if (!isAbstractType(parent) || facts.interfaceObjects.has(parent.name)) return false
  const possible = facts.apiSchema.getPossibleTypes(parent)
  if (possible.length < facts.possibleTypes(parent.name).size) return true
  if (!('getFields' in parent)) return false
  const fields = parent.getFields()
  return selections.some((selection) => {
    if (selection.kind !== Kind.FIELD) return false
    const declared = fields[selection.name.value]
    return (
      declared !== undefined &&
      possible.some((type) => {
        const own = type.getFields()[selection.name.value]
        return own !== undefined && String(own.type) !== String(declared.type)
      })
    )
  })
}
