import { type DocumentNode, Kind, parse, visit } from 'graphql'
import type { PlanCall, PlanLookup, PlanStep, RequiredSelection } from './plan.ts'
import { argumentOf } from './supergraph-arguments.ts'

/** The keys by which a subgraph resolves entities: selections of field names by subgraph and type. */
export type ResolvableKeys = ReadonlyMap<string, readonly KeyFields[]>
type KeyFields = ReadonlyMap<string, KeyFields>

/** @param serviceOf the subgraph's name of a `join__Graph` value */
export const readKeys = (supergraph: DocumentNode, serviceOf: (graph: string) => string): ResolvableKeys => {
  const keys = new Map<string, KeyFields[]>()
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue
    for (const directive of definition.directives ?? []) {
      const key = argumentOf(directive, 'key')
      if (directive.name.value !== 'join__type' || key === undefined) continue
      const id = `${serviceOf(argumentOf(directive, 'graph') ?? '')} ${definition.name.value}`
      const known = keys.get(id) ?? []
      keys.set(id, known)
      if (argumentOf(directive, 'resolvable') !== 'false') known.push(parseFields(key))
    }
  }
  return keys
}

const parseFields = (fields: string): KeyFields => {
  const root = new Map<string, Map<string, unknown>>()
  const stack: Map<string, unknown>[] = [root]
  visit(parse(`{${fields}}`, { noLocation: true }), {
    Field: {
      enter: (field) => {
        const nested = new Map<string, unknown>()
        stack.at(-1)?.set(field.name.value, nested)
        stack.push(nested)
      },
      leave: () => void stack.pop(),
    },
  })
  return root as KeyFields
}

/**
 * Whether every lookup of a plan sends some key its subgraph resolves. Apollo's planner at times picks a key that
 * is declared `resolvable: false` when several keys of a type overlap.
 */
export const sendsResolvableKeys = (plan: PlanStep, keys: ResolvableKeys): boolean => {
  switch (plan.kind) {
    case 'call':
      return plan.lookups.every((lookup) =>
        lookup.requires.every((selection) => isResolvable(plan, lookup, selection, keys)),
      )
    case 'sequence':
    case 'parallel':
      return plan.steps.every((step) => sendsResolvableKeys(step, keys))
    case 'condition':
      return [plan.whenTrue, plan.whenFalse].every((step) => step === undefined || sendsResolvableKeys(step, keys))
  }
}

const isResolvable = (
  call: PlanCall,
  lookup: PlanLookup,
  selection: RequiredSelection,
  keys: ResolvableKeys,
): boolean => {
  if (selection.kind !== 'fragment' || selection.on === undefined) return true
  const on = selection.on
  const set = lookup.inputRewrites.find(
    (rewrite) =>
      rewrite.kind === 'set' &&
      rewrite.key === '__typename' &&
      rewrite.path.every((step) => step.kind === 'types' && step.names.includes(on)),
  )
  const typeName = set?.kind === 'set' ? set.value : on
  const known = keys.get(`${call.service} ${typeName}`)
  // The fragments of one lookup may share the work: one brings the key, another what a field requires.
  return known === undefined || known.some((key) => has(lookup.requires, key))
}

const has = (selections: readonly RequiredSelection[], key: KeyFields): boolean =>
  [...key].every(([name, nested]) =>
    selections.some((selection) =>
      selection.kind === 'fragment'
        ? has(selection.selections, new Map([[name, nested]]))
        : selection.to === name && (nested.size === 0 || has(selection.selections ?? [], nested)),
    ),
  )
