import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getNullableType,
  isLeafType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  type ResponsePath,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
  visit,
} from 'graphql'
import { isPromise } from '../../maybe-promise.ts'
import { asAnswered, compileComplete, serialize } from './complete.ts'
import { failField } from './fail-field.ts'
import type { KeepableFields } from './keepable-fields.ts'
import type { CompileSelections, FieldPlan, Run } from './plan.ts'

export type FieldDeps = {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>
  readonly compileSelections: CompileSelections
  /** A number of its own for each field whose arguments hold variables. */
  nextSlot(): number
  readonly keepable: KeepableFields
}

type Field = GraphQLField<unknown, unknown>
type ResolveWithoutInfo = (source: unknown, args: Arguments, context: unknown) => unknown
type Arguments = { [argument: string]: unknown }

/** @returns undefined where the type has no such field */
export function compileField(
  parentType: GraphQLObjectType,
  key: string,
  nodes: readonly [FieldNode, ...FieldNode[]],
  deps: FieldDeps,
): FieldPlan | undefined {
  const field = fieldOf(deps.schema, parentType, nodes[0].name.value)
  if (field === undefined) return undefined
  if (field === TypeNameMetaFieldDef) return { key, isRenewed: false, execute: () => parentType.name }
  const execute = compileExecute(parentType, field, key, nodes, deps)
  const coordinate = `${parentType.name}.${field.name}`
  const isRenewed = deps.keepable.renewed.has(coordinate)
  if (field.resolve === undefined || isRenewed || deps.keepable.kept.has(coordinate)) return { key, isRenewed, execute }
  return {
    key,
    isRenewed,
    execute(run, source, parentPath) {
      run.keeping?.rests.onMore()
      return execute(run, source, parentPath)
    },
  }
}

function compileExecute(
  parentType: GraphQLObjectType,
  field: Field,
  key: string,
  nodes: readonly [FieldNode, ...FieldNode[]],
  deps: FieldDeps,
): FieldPlan['execute'] {
  const { type, resolve } = field
  const argumentsOf = compileArguments(field, nodes[0], deps)
  const infoOf = compileInfo(parentType, field, nodes, deps)
  const complete = compileComplete(type, {
    schema: deps.schema,
    nodes,
    compileSelections: deps.compileSelections,
    infoOf: (run, path) => infoOf(run, fieldPathOf(path)),
  })
  // Who declares no fourth parameter is told nothing of the field.
  const takesInfo = resolve === undefined || resolve.length === 0 || resolve.length > 3

  function execute(run: Run, source: unknown, parentPath: ResponsePath | undefined): unknown {
    const path: ResponsePath = { prev: parentPath, key, typename: parentType.name }
    let value: unknown
    try {
      value =
        resolve === undefined
          ? propertyOf(source, field.name, argumentsOf, run, () => infoOf(run, path))
          : takesInfo
            ? resolve(source, argumentsOf(run), run.contextValue, infoOf(run, path))
            : (resolve as ResolveWithoutInfo)(source, argumentsOf(run), run.contextValue)
    } catch (error) {
      return fail(run, error, path)
    }
    return completeValue(run, value, path)
  }

  function completeValue(run: Run, value: unknown, path: ResponsePath): unknown {
    try {
      const completed = isPromise(value)
        ? value.then((resolved) => complete(run, resolved, path))
        : complete(run, value, path)
      return isPromise(completed) ? completed.then(undefined, (error: unknown) => fail(run, error, path)) : completed
    } catch (error) {
      return fail(run, error, path)
    }
  }

  function fail(run: Run, error: unknown, path: ResponsePath): null {
    return failField(run, error, type, nodes, path)
  }

  const leafType = getNullableType(type)
  if (!isLeafType(leafType) || (resolve !== undefined && takesInfo)) return execute
  const isAsAnswered = asAnswered(leafType)
  const mayBeNull = !isNonNullType(type)

  /** @returns `notPlain` where the whole way has to be gone */
  function answerPlain(value: unknown): unknown {
    if (isAsAnswered(value)) return value
    if (value === null || value === undefined) return mayBeNull ? null : notPlain
    if (typeof value === 'object' || typeof value === 'function') return notPlain
    try {
      return serialize(leafType as GraphQLLeafType, value)
    } catch {
      return notPlain
    }
  }

  if (resolve !== undefined) {
    const resolvePlain = resolve as ResolveWithoutInfo
    return (run, source, parentPath) => {
      let value: unknown
      try {
        value = resolvePlain(source, argumentsOf(run), run.contextValue)
      } catch (error) {
        return fail(run, error, { prev: parentPath, key, typename: parentType.name })
      }
      const answer = answerPlain(value)
      return answer === notPlain
        ? completeValue(run, value, { prev: parentPath, key, typename: parentType.name })
        : answer
    }
  }
  const { name } = field
  // Most fields are properties with a value as it is answered: they need neither path nor info.
  return (run, source, parentPath) => {
    if (typeof source !== 'object' || source === null) return execute(run, source, parentPath)
    const answer = answerPlain((source as Record<string, unknown>)[name])
    return answer === notPlain ? execute(run, source, parentPath) : answer
  }
}

const notPlain = Symbol('not plain')

function fieldOf(schema: GraphQLSchema, parentType: GraphQLObjectType, name: string): Field | undefined {
  if (name === TypeNameMetaFieldDef.name) return TypeNameMetaFieldDef
  if (schema.getQueryType() === parentType) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef
  }
  return parentType.getFields()[name]
}

/** Of the field whose value, or an item of its lists, has this path. */
function fieldPathOf(path: ResponsePath): ResponsePath {
  let place = path
  while (typeof place.key === 'number' && place.prev !== undefined) place = place.prev
  return place
}

/** What graphql-js resolves a field by that has no resolver: the property, or what the method of that name gives. */
function propertyOf(
  source: unknown,
  name: string,
  argumentsOf: (run: Run) => Arguments,
  run: Run,
  infoOf: () => GraphQLResolveInfo,
): unknown {
  if ((typeof source !== 'object' || source === null) && typeof source !== 'function') return undefined
  const holder = source as Record<string, unknown>
  const property = holder[name]
  if (typeof property !== 'function') return property
  run.keeping?.rests.onMore()
  return (holder[name] as (...given: readonly unknown[]) => unknown)(argumentsOf(run), run.contextValue, infoOf())
}

/** Arguments without variables are read once for all, others once for each run. Resolvers must not change them. */
function compileArguments(field: Field, node: FieldNode, { nextSlot }: FieldDeps): (run: Run) => Arguments {
  if (holdsVariables(node)) {
    const slot = nextSlot()
    const readPlain = compilePlainArguments(field, node)
    return ({ argumentsBySlot, variables }) => {
      const known = argumentsBySlot[slot]
      if (known !== undefined) return known
      const read = Object.freeze(readPlain(variables) ?? getArgumentValues(field, node, variables))
      argumentsBySlot[slot] = read
      return read
    }
  }
  let known: Arguments | undefined
  return () => {
    known ??= Object.freeze(getArgumentValues(field, node))
    return known
  }
}

/**
 * Arguments that are a variable each, or left out. graphql-js looks each one up in the document anew, which for a small
 * field is more than resolving it.
 * @returns what gives undefined where graphql-js has to decide
 */
function compilePlainArguments(field: Field, node: FieldNode): (variables: Run['variables']) => Arguments | undefined {
  const steps: { readonly name: string; readonly variable: string | undefined; readonly value: unknown }[] = []
  for (const { name, type, defaultValue } of field.args) {
    const given = node.arguments?.find((argument) => argument.name.value === name)?.value
    if (given?.kind === Kind.VARIABLE) steps.push({ name, variable: given.name.value, value: undefined })
    else if (given !== undefined || (defaultValue === undefined && isNonNullType(type))) return () => undefined
    else if (defaultValue !== undefined) steps.push({ name, variable: undefined, value: defaultValue })
  }
  return (variables) => {
    const read: Arguments = {}
    for (const { name, variable, value: fixed } of steps) {
      const value = variable === undefined ? fixed : own(variables, variable)
      // What was left out, or is null, may have a default or be an error.
      if (variable !== undefined && (value === undefined || value === null)) return undefined
      read[name] = value
    }
    return read
  }
}

/** A variable may be named as what every object inherits. */
function own(variables: Run['variables'], name: string): unknown {
  return Object.hasOwn(variables, name) ? variables[name] : undefined
}

function holdsVariables({ arguments: given = [] }: FieldNode): boolean {
  let found = false
  for (const argument of given) {
    visit(argument, {
      Variable() {
        found = true
      },
    })
  }
  return found
}

function compileInfo(
  parentType: GraphQLObjectType,
  field: Field,
  fieldNodes: readonly FieldNode[],
  { schema, operation, fragments }: FieldDeps,
): (run: Run, path: ResponsePath) => GraphQLResolveInfo {
  const { name: fieldName, type: returnType } = field
  return ({ variables: variableValues }, path) => ({
    fieldName,
    fieldNodes,
    returnType,
    parentType,
    path,
    schema,
    fragments,
    rootValue: undefined,
    operation,
    variableValues,
  })
}
