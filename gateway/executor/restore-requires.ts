import { type FieldNode, Kind, type OperationDefinitionNode, print, stripIgnoredCharacters, visit } from 'graphql'
import { openFragments } from './open-fragments.ts'
import type { PlanCall, PlanLookup, PlanStep, RequiredSelection } from './plan.ts'
import type { Invention, SplitRequires } from './split-requires.ts'

/** Reads a plan made for a split supergraph back: invented fields become aliased real ones with their arguments. */
export const restoreRequires = (plan: PlanStep, split: SplitRequires): PlanStep => {
  switch (plan.kind) {
    case 'call':
      return restoreCall(plan, split)
    case 'sequence':
    case 'parallel':
      return { ...plan, steps: plan.steps.map((step) => restoreRequires(step, split)) }
    case 'condition':
      return {
        ...plan,
        whenTrue: plan.whenTrue && restoreRequires(plan.whenTrue, split),
        whenFalse: plan.whenFalse && restoreRequires(plan.whenFalse, split),
      }
  }
}

const restoreCall = (call: PlanCall, split: SplitRequires): PlanCall => {
  let operation = openFragments(call.text)
  const lookups: PlanLookup[] = []
  for (const lookup of call.lookups) {
    const groups = conflictFreeGroups(lookup.requires, split.inventions)
    const [first, ...others] = groups
    if (first === undefined) continue
    lookups.push(toRealNames(lookup, first, split))
    for (const group of others) {
      const key = `${lookup.key}_${lookups.length}`
      const variable = `${lookup.variable}_${lookups.length}`
      operation = addLookup(operation, lookup, { key, variable }, (field) => isOfGroup(field, group, groups, split))
      lookups.push({ ...toRealNames(lookup, group, split), key, variable })
    }
    if (others.length > 0)
      operation = keepFields(operation, lookup.key, (field) => isOfGroup(field, first, groups, split))
  }
  return { ...call, text: stripIgnoredCharacters(print(toAliased(operation, split.inventions))), lookups }
}

const toAliased = (operation: OperationDefinitionNode, inventions: ReadonlyMap<string, Invention>) =>
  visit(operation, {
    Field: (field) => {
      const invention = inventions.get(field.name.value)
      if (invention === undefined) return undefined
      return {
        ...field,
        alias: field.alias ?? field.name,
        name: { kind: Kind.NAME, value: invention.name },
        arguments: invention.arguments,
      }
    },
  })

type Group = ReadonlySet<string>

/**
 * Which inventions may be in one representation: two of the same field may not, so each further one opens a group.
 * The first group is for all fields that need none of the others.
 */
const conflictFreeGroups = (
  requires: readonly RequiredSelection[],
  inventions: ReadonlyMap<string, Invention>,
): readonly Group[] => {
  const used = new Set<string>()
  const collect = (selection: RequiredSelection): void => {
    if (selection.kind === 'field' && inventions.has(selection.from)) used.add(selection.from)
    selection.selections?.forEach(collect)
  }
  requires.forEach(collect)
  const groups: Set<string>[] = [new Set()]
  for (const name of used) {
    const real = inventions.get(name)?.name
    const free = groups.find((group) => [...group].every((other) => inventions.get(other)?.name !== real))
    if (free === undefined) groups.push(new Set([name]))
    else free.add(name)
  }
  return groups
}

/** A field goes to the group that has all inventions it reads; one that reads none, to the first. */
const isOfGroup = (field: FieldNode, group: Group, groups: readonly Group[], split: SplitRequires): boolean => {
  const inputs = [...(split.inputsOf.get(field.name.value) ?? [])].filter((name) =>
    groups.some((candidate) => candidate.has(name)),
  )
  const home = groups.find((candidate) => inputs.every((name) => candidate.has(name))) ?? groups[0]
  return home === group
}

const toRealNames = (lookup: PlanLookup, group: Group, split: SplitRequires): PlanLookup => {
  const restore = (selection: RequiredSelection): RequiredSelection[] => {
    if (selection.kind === 'fragment') {
      return [{ ...selection, selections: selection.selections.flatMap(restore) }]
    }
    const invention = split.inventions.get(selection.from)
    if (invention !== undefined) return group.has(selection.from) ? [{ ...selection, to: invention.name }] : []
    if (selection.selections === undefined) return [selection]
    const selections = selection.selections.flatMap(restore)
    return selections.length === 0 ? [] : [{ ...selection, selections }]
  }
  return { ...lookup, requires: lookup.requires.flatMap(restore) }
}

const keepFields = (
  operation: OperationDefinitionNode,
  key: string,
  isKept: (field: FieldNode) => boolean,
): OperationDefinitionNode => ({
  ...operation,
  selectionSet: {
    ...operation.selectionSet,
    selections: operation.selectionSet.selections.map((selection) =>
      selection.kind === Kind.FIELD && keyOf(selection) === key ? keepEntityFields(selection, isKept) : selection,
    ),
  },
})

/** Fields right below `_entities`, fragments opened; what is left empty asks for the type's name. */
const keepEntityFields = (entities: FieldNode, isKept: (field: FieldNode) => boolean): FieldNode =>
  visit(entities, {
    Field: (field) => {
      if (field === entities) return undefined
      return isKept(field) ? false : null
    },
    SelectionSet: {
      leave: (node) => (node.selections.length === 0 ? { ...node, selections: [typename] } : undefined),
    },
  })

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } }

const addLookup = (
  operation: OperationDefinitionNode,
  lookup: PlanLookup,
  added: { readonly key: string; readonly variable: string },
  isKept: (field: FieldNode) => boolean,
): OperationDefinitionNode => {
  const entities = operation.selectionSet.selections.find(
    (selection) => selection.kind === Kind.FIELD && keyOf(selection) === lookup.key,
  )
  if (entities?.kind !== Kind.FIELD) throw new TypeError(`Cannot read plan: a call has no field ${lookup.key}`)
  const copy: FieldNode = {
    ...visit(keepEntityFields(entities, isKept), {
      Variable: (variable) =>
        variable.name.value === lookup.variable
          ? { ...variable, name: { kind: Kind.NAME, value: added.variable } }
          : undefined,
    }),
    alias: { kind: Kind.NAME, value: added.key },
  }
  const definitions = operation.variableDefinitions ?? []
  const definition = definitions.find(({ variable }) => variable.name.value === lookup.variable)
  return {
    ...operation,
    variableDefinitions:
      definition === undefined
        ? definitions
        : [
            ...definitions,
            { ...definition, variable: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: added.variable } } },
          ],
    selectionSet: { ...operation.selectionSet, selections: [...operation.selectionSet.selections, copy] },
  }
}

const keyOf = (field: FieldNode): string => field.alias?.value ?? field.name.value
