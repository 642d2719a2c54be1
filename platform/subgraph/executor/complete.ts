import {
  defaultTypeResolver,
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
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
import type { CompileSelections, Complete, ObjectPlan } from './plan.ts'
import type { Run } from './run.ts'

export type CompleteDeps = {
  readonly schema: GraphQLSchema
  readonly nodes: readonly FieldNode[]
  readonly compileSelections: CompileSelections
}

/** Compiles the completion of values of a type, as the GraphQL specification's `CompleteValue` has it. */
export function compileComplete(type: GraphQLOutputType, deps: CompleteDeps): Complete {
  if (isNonNullType(type)) return nonNull(compileComplete(type.ofType, deps))
  if (isListType(type)) return nullable(list(type.ofType, deps))
  if (isLeafType(type)) return nullable(leaf(type))
  if (isObjectType(type)) return nullable(object(type, deps))
  return nullable(abstract(type, deps))
}

function nullable(complete: Complete): Complete {
  return (run, value, path, info) => {
    if (value instanceof Error) throw value
    return value === null || value === undefined ? null : complete(run, value, path, info)
  }
}

function nonNull(complete: Complete): Complete {
  return (run, value, path, info) => {
    const completed = complete(run, value, path, info)
    if (completed !== null) return completed
    throw new Error(`Cannot return null for non-nullable field ${info.parentType.name}.${info.fieldName}.`)
  }
}

function leaf(type: GraphQLLeafType): Complete {
  return (_run, value) => serialize(type, value)
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
  return (run, value, path, info) => {
    const items = toArray(value, info)
    const completed: unknown[] = []
    let isPending = false
    try {
      for (let index = 0; index < items.length; index++) {
        const item = completeItem(run, items[index], { prev: path, key: index, typename: undefined }, info)
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

  function completeItem(run: Run, item: unknown, path: ResponsePath, info: GraphQLResolveInfo): unknown {
    const fail = (error: unknown) => failField(run, error, itemType, deps.nodes, path)
    try {
      const completed = isPromise(item)
        ? item.then((resolved) => complete(run, resolved, path, info))
        : complete(run, item, path, info)
      return isPromise(completed) ? completed.then(undefined, fail) : completed
    } catch (error) {
      return fail(error)
    }
  }
}

function toArray(value: unknown, info: GraphQLResolveInfo): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (typeof value === 'object' && value !== null && Symbol.iterator in value) return [...(value as Iterable<unknown>)]
  throw new GraphQLError(
    `Expected Iterable, but did not find one for field "${info.parentType.name}.${info.fieldName}".`,
  )
}

function object(type: GraphQLObjectType, deps: CompleteDeps): Complete {
  let known: ObjectPlan | undefined
  return (run, value, path, info) => {
    known ??= deps.compileSelections(type, deps.nodes)
    return completeObject(run, type, known, value, path, info)
  }
}

function abstract(type: GraphQLAbstractType, deps: CompleteDeps): Complete {
  const { schema, nodes } = deps
  const plans = new Map<GraphQLObjectType, ObjectPlan>()
  const resolveType = type.resolveType ?? defaultTypeResolver
  const completeAs = (name: unknown, run: Run, value: unknown, path: ResponsePath, info: GraphQLResolveInfo) => {
    const runtimeType = runtimeTypeOf(name, type, schema, nodes, info, value)
    let plan = plans.get(runtimeType)
    if (plan === undefined) {
      plan = deps.compileSelections(runtimeType, nodes)
      plans.set(runtimeType, plan)
    }
    return completeObject(run, runtimeType, plan, value, path, info)
  }
  return (run, value, path, info) => {
    const name: unknown = resolveType(value, run.contextValue, info, type)
    return isPromise(name)
      ? name.then((resolved) => completeAs(resolved, run, value, path, info))
      : completeAs(name, run, value, path, info)
  }
}

function completeObject(
  run: Run,
  type: GraphQLObjectType,
  plan: ObjectPlan,
  value: unknown,
  path: ResponsePath,
  info: GraphQLResolveInfo,
): unknown {
  if (type.isTypeOf == null) return executeFields(run, plan, value, path)
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
  schema: GraphQLSchema,
  nodes: readonly FieldNode[],
  info: GraphQLResolveInfo,
  value: unknown,
): GraphQLObjectType {
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
