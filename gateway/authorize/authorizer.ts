import { type DocumentNode, type FieldNode, type GraphQLSchema, Kind, print } from 'graphql'
import { AppError } from '../../platform/errors/app-error.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { Policy } from '../../policies/policy.ts'
import type { Operation } from '../operations.ts'
import type { AccessRules, Requirement } from './access-rules.ts'
import { type Denial, fillAnswer } from './fill.ts'
import { fragmentsOf, type Needs, needsOf } from './needs.ts'
import { pruneOperation } from './prune.ts'

/** What a viewer may run of an operation they may not run whole. */
export type Restricted = {
  /** Null: nothing of it. The document without what is denied. */
  readonly operation: Operation | null
  /** Answers for what was denied; the client's own paths. */
  complete(
    data: Readonly<Record<string, unknown>>,
    variables: Readonly<Record<string, unknown>>,
  ): { readonly data: Readonly<Record<string, unknown>> | null; readonly errors: readonly DeniedField[] }
}

export type DeniedField = { readonly error: AppError; readonly path: readonly (string | number)[] }

export type Authorizer = {
  /**
   * @returns null when the viewer may run all of it, which for a known operation costs a few map lookups
   * @throws AppError `FORBIDDEN` when a root field of a mutation, or any field of a subscription, is denied: no part
   * of it is done
   */
  restrict(operation: Operation, viewer: Viewer): Restricted | null
}

export type AuthorizerDeps = {
  readonly schema: GraphQLSchema
  readonly rules: AccessRules
  /** A policy the supergraph names and this list has not is denied to everyone. */
  readonly policies: readonly Policy[]
}

/** Restricted, or the coordinate of what no part may be done of. */
type Form = Restricted | { readonly refused: string }
type Compiled = { readonly needs: Needs; readonly forms: Map<string, Form> }

/** Restricted forms kept of one operation: there are hardly more kinds of viewers. */
const maxForms = 32

export function createAuthorizer({ schema, rules, policies }: AuthorizerDeps): Authorizer {
  const compiled = new WeakMap<Operation, Compiled | 'open'>()
  const verdicts = new WeakMap<Viewer, Map<number, boolean>>()
  const byName = new Map(policies.map((policy) => [policy.name, policy]))

  function compile(operation: Operation): Compiled | 'open' {
    const rootType = schema.getRootType(operation.node.operation)
    const fragments = fragmentsOf(operation.document)
    const needs = rootType ? needsOf(operation.node.selectionSet, rootType, fragments, schema, rules) : null
    const made = needs === null ? 'open' : { needs, forms: new Map<string, Form>() }
    compiled.set(operation, made)
    return made
  }

  function verdictsOf(viewer: Viewer): Map<number, boolean> {
    const known = verdicts.get(viewer)
    if (known !== undefined) return known
    const made = new Map(rules.requirements.map((requirement, number) => [number, meets(requirement, viewer, byName)]))
    verdicts.set(viewer, made)
    return made
  }

  function formOf(operation: Operation, { needs, forms }: Compiled, denied: readonly number[]): Form {
    const key = denied.join()
    const known = forms.get(key)
    if (known !== undefined) return known
    const made = restrictOperation(operation, needs, new Set(denied), schema)
    const [oldest] = forms.keys()
    if (oldest !== undefined && forms.size >= maxForms) forms.delete(oldest)
    forms.set(key, made)
    return made
  }

  return {
    restrict(operation, viewer) {
      const known = compiled.get(operation) ?? compile(operation)
      if (known === 'open') return null
      const met = verdictsOf(viewer)
      const denied = known.needs.all.filter((number) => met.get(number) !== true)
      if (denied.length === 0) return null
      const form = formOf(operation, known, denied)
      if ('refused' in form) throw toRefusal(form.refused)
      return form
    },
  }
}

function meets(requirement: Requirement, viewer: Viewer, policies: ReadonlyMap<string, Policy>): boolean {
  switch (requirement.kind) {
    case 'authenticated':
      return viewer.kind !== 'anonymous'
    case 'scopes':
      return requirement.anyOf.some((all) => all.every((scope) => viewer.scopes.includes(scope)))
    case 'policies':
      return requirement.anyOf.some((all) => all.every((name) => policies.get(name)?.decide(viewer).allowed === true))
    default:
      return requirement satisfies never
  }
}

function restrictOperation(
  operation: Operation,
  needs: Needs,
  denied: ReadonlySet<number>,
  schema: GraphQLSchema,
): Form {
  const { document, node } = operation
  const rootType = schema.getRootType(node.operation)
  if (!rootType) throw new TypeError('Cannot restrict an operation: its root type is gone')
  const deniedFields = new Set(
    [...needs.ofField].flatMap(([field, needed]) => (needed.some((number) => denied.has(number)) ? [field] : [])),
  )
  const isDenied = (field: FieldNode) => deniedFields.has(field)
  const fragments = fragmentsOf(document)
  const pruned = pruneOperation(node, rootType, fragments, schema, isDenied)
  if (node.operation !== 'query' && pruned.deniedRoot !== null) {
    return { refused: `${rootType.name}.${pruned.deniedRoot.name.value}` }
  }
  // A stream that leaves out what was asked would look whole, event after event.
  const [anywhere] = deniedFields
  if (node.operation === 'subscription' && anywhere !== undefined) return { refused: anywhere.name.value }
  return {
    operation: pruned.operation === null ? null : toOperation(operation, pruned.operation, pruned.fragments),
    complete(data, variables) {
      const deps = { operation: node, fragments, schema, isDenied, touched: pruned.touched }
      const filled = fillAnswer(data, variables, rootType, deps)
      return { data: filled.data, errors: filled.denials.map(toDeniedField) }
    },
  }
}

function toOperation(
  { name, kind, introspects }: Operation,
  node: NonNullable<ReturnType<typeof pruneOperation>['operation']>,
  fragments: ReturnType<typeof pruneOperation>['fragments'],
): Operation {
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [node, ...fragments] }
  return { text: print(document), document, node, name, kind, introspects }
}

function toDeniedField({ path, field, typeName }: Denial): DeniedField {
  return { path, error: toRefusal(`${typeName}.${field.name.value}`) }
}

function toRefusal(coordinate: string): AppError {
  return new AppError('FORBIDDEN', `Cannot answer ${coordinate}: it is not for this client`)
}
