import {
  defaultTypeResolver,
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLBoolean,
  GraphQLError,
  GraphQLID,
  GraphQLInt,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  GraphQLString,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type ResponsePath,
} from 'graphql'
import { inspect } from 'graphql/jsutils/inspect.js'
import { isPromise } from '../../maybe-promise.ts'
import { executeFields } from './execute-fields.ts'
import { failField } from './fail-field.ts'
import type { CompileSelections, Complete, InfoOf, ObjectPlan, Run } from './plan.ts'

export type CompleteDeps = {
  readonly schema: GraphQLSchema
  readonly nodes: readonly FieldNode[]
  readonly compileSelections: CompileSelections
  readonly infoOf: InfoOf
}

/** Compiles the completion of values of a type, as the GraphQL specification's `CompleteValue` has it. */
export function compileComplete(type: GraphQLOutputType, deps: CompleteDeps): Complete {
  if (isNonNullType(type)) return nonNull(compileComplete(type.ofType, deps), deps)
  if (isListType(type)) return nullable(list(type.ofType, deps))
  if (isLeafType(type)) return nullable(leaf(type))
  if (isObjectType(type)) return nullable(object(type, deps))
  return nullable(abstract(type, deps))
}

function nullable(complete: Complete): Complete {
  return (run, value, path) => {
    if (value instanceof Error) throw value
    return value === null || value === undefined ? null : complete(run, value, path)
  }
}

function nonNull(complete: Complete, { infoOf }: CompleteDeps): Complete {
  return (run, value, path) => {
    const completed = complete(run, value, path)
    if (completed !== null) return completed
    const info = infoOf(run, path)
    throw new Error(`Cannot return null for non-nullable field ${info.parentType.name}.${info.fieldName}.`)
  }
}

function leaf(type: GraphQLLeafType): Complete {
  const isAsAnswered = asAnswered(type)
  return (_run, value) => (isAsAnswered(value) ? value : serialize(type, value))
}

/** @returns whether a value surely is what its serialisation gives: most are, and to look costs less than the call */
export function asAnswered(type: GraphQLLeafType): (value: unknown) => boolean {
  switch (type) {
    case GraphQLString:
    case GraphQLID:
      return (value) => typeof value === 'string'
    case GraphQLBoolean:
      return (value) => typeof value === 'boolean'
    case GraphQLInt:
      return (value) => typeof value === 'number' && (value | 0) === value && !Object.is(value, -0)
    default:
      return () => false
  }
}

/** @throws whatever the type throws of a value that is none of its own */
export function serialize(type: GraphQLLeafType, value: unknown): unknown {
  const serialized: unknown = type.serialize(value)
  if (serialized !== null && serialized !== undefined) return serialized
  throw new Error(
    `Expected \`${inspect(type)}.serialize(${inspect(value)})\` to return non-nullable value, returned: ${inspect(serialized)}`,
  )
}

function list(itemType: GraphQLOutputType, deps: CompleteDeps): Complete {
  const complete = compileComplete(itemType, deps)
  return (run, value, path) => {
    const items = Array.isArray(value) ? value : toArray(value, deps.infoOf(run, path))
    const completed: unknown[] = []
    let isPending = false
    try {
      for (let index = 0; index < items.length; index++) {
        const item = completeItem(run, items[index], { prev: path, key: index, typename: undefined })
        if (isPromise(item)) isPending = true
        completed.push(item)
      }
    } catch (error) {
      // What the other items began may fail as well, and nobody else listens.
      if (isPending) void Promise.allSettled(completed)
      throw error
    }
    return isPending ? Promise.all(completed) : completed
  }

  function completeItem(run: Run, item: unknown, path: ResponsePath): unknown {
    try {
      const completed = isPromise(item)
        ? item.then((resolved) => complete(run, resolved, path))
        : complete(run, item, path)
      return isPromise(completed) ? completed.then(undefined, (error: unknown) => fail(run, error, path)) : completed
    } catch (error) {
      return fail(run, error, path)
    }
  }

  function fail(run: Run, error: unknown, path: ResponsePath): null {
    return failField(run, error, itemType, deps.nodes, path)
  }
}

function toArray(value: unknown, info: GraphQLResolveInfo): readonly unknown[] {
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) return [...(value as Iterable<unknown>)]
  throw new GraphQLError(
    `Expected Iterable, but did not find one for field "${info.parentType.name}.${info.fieldName}".`,
  )
}

function object(type: GraphQLObjectType, deps: CompleteDeps): Complete {
  let known: ObjectPlan | undefined
  return (run, value, path) => {
    known ??= deps.compileSelections(type, deps.nodes)
    return completeObject(run, type, known, value, path, deps.infoOf)
  }
}

/** Whose types are told by nothing but the value. */
const ownTypeResolvers: ReadonlySet<string> = new Set(['_Entity'])

function abstract(type: GraphQLAbstractType, deps: CompleteDeps): Complete {
  const { nodes } = deps
  const plans = new Map<GraphQLObjectType, ObjectPlan>()
  const resolveType = type.resolveType ?? defaultTypeResolver
  const completeAs = (name: unknown, run: Run, value: unknown, path: ResponsePath) => {
    const runtimeType = runtimeTypeOf(name, type, deps, () => deps.infoOf(run, path), value)
    let plan = plans.get(runtimeType)
    if (plan === undefined) {
      plan = deps.compileSelections(runtimeType, nodes)
      plans.set(runtimeType, plan)
    }
    return completeObject(run, runtimeType, plan, value, path, deps.infoOf)
  }
  return (run, value, path) => {
    if (type.resolveType != null && !ownTypeResolvers.has(type.name)) run.keeping?.rests.onMore()
    const name: unknown = resolveType(value, run.contextValue, deps.infoOf(run, path), type)
    return isPromise(name)
      ? name.then((resolved) => completeAs(resolved, run, value, path))
      : completeAs(name, run, value, path)
  }
}

function completeObject(
  run: Run,
  type: GraphQLObjectType,
  plan: ObjectPlan,
  value: unknown,
  path: ResponsePath,
  infoOf: InfoOf,
): unknown {
  if (type.isTypeOf == null) return executeFields(run, plan, value, path)
  run.keeping?.rests.onMore()
  const info = infoOf(run, path)
  const isOfType = type.isTypeOf(value, run.contextValue, info)
  if (isPromise(isOfType)) {
    return isOfType.then((resolved) => {
      if (resolved) return executeFields(run, plan, value, path)
      throw wrongType(type, value, info)
    })
  }
  if (!isOfType) throw wrongType(type, value, info)
  return executeFields(run, plan, value, path)
}

function wrongType(type: GraphQLObjectType, value: unknown, { fieldNodes }: GraphQLResolveInfo): GraphQLError {
  return new GraphQLError(`Expected value of type "${type.name}" but got: ${inspect(value)}.`, { nodes: fieldNodes })
}

function runtimeTypeOf(
  name: unknown,
  type: GraphQLAbstractType,
  { schema, nodes }: CompleteDeps,
  infoOf: () => GraphQLResolveInfo,
  value: unknown,
): GraphQLObjectType {
  // The commonest of all costs a lookup.
  const known = typeof name === 'string' ? schema.getType(name) : undefined
  if (known !== undefined && isObjectType(known) && schema.isSubType(type, known)) return known
  const info = infoOf()
  const field = `${info.parentType.name}.${info.fieldName}`
  if (name === null || name === undefined) {
    throw new GraphQLError(
      `Abstract type "${type.name}" must resolve to an Object type at runtime for field "${field}". Either the "${type.name}" type should provide a "resolveType" function or each possible type should provide an "isTypeOf" function.`,
      { nodes },
    )
  }
  if (typeof name !== 'string') {
    throw new GraphQLError(
      `Abstract type "${type.name}" must resolve to an Object type at runtime for field "${field}" with value ${inspect(value)}, received "${inspect(name)}".`,
    )
  }
  const runtimeType = schema.getType(name)
  if (runtimeType === undefined) {
    throw new GraphQLError(
      `Abstract type "${type.name}" was resolved to a type "${name}" that does not exist inside the schema.`,
      { nodes },
    )
  }
  if (!isObjectType(runtimeType)) {
    throw new GraphQLError(`Abstract type "${type.name}" was resolved to a non-object type "${name}".`, { nodes })
  }
  if (!schema.isSubType(type, runtimeType)) {
    throw new GraphQLError(`Runtime Object type "${runtimeType.name}" is not a possible type for "${type.name}".`, {
      nodes,
    })
  }
  return runtimeType
}
