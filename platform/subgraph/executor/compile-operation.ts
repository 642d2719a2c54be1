import {
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql'
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js'
import { LRUCache } from 'lru-cache'
import { isPromise, type MaybePromise } from '../../maybe-promise.ts'
import { compileField } from './compile-field.ts'
import { executeFields, executeFieldsSerially } from './execute-fields.ts'
import type { ObjectPlan } from './plan.ts'
import { compileVariables } from './read-variables.ts'
import { createCollectedErrors, type Run } from './run.ts'

export type OperationRequest = {
  /** As they came. */
  readonly variables: { readonly [name: string]: unknown }
  readonly contextValue: unknown
}

/** Answers as graphql-js's `execute` does, but looks at document and schema once instead of for every object. */
export type CompiledOperation = (request: OperationRequest) => MaybePromise<ExecutionResult>

/** Combinations of the values of variables in `@skip` and `@include` whose plans are kept. */
const maxVariants = 32

/**
 * @param document valid against the schema
 * @param name may be left out where there is one operation
 */
export function compileOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  name: string | undefined,
): CompiledOperation {
  const operation = findOperation(document, name)
  return operation instanceof GraphQLError ? () => ({ errors: [operation] }) : compile(schema, document, operation)
}

function compile(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): CompiledOperation {
  const fragments = fragmentsOf(document)
  const readVariables = compileVariables(schema, operation.variableDefinitions ?? [])
  const conditions = conditionsIn(document)
  const variants = new LRUCache<string, () => ObjectPlan>({ max: maxVariants })
  const rootType = schema.getRootType(operation.operation)
  const isMutation = operation.operation === OperationTypeNode.MUTATION

  function planFor(variables: Run['variables']): ObjectPlan {
    const key = conditions.map((condition) => String(variables[condition])).join()
    let plan = variants.get(key)
    if (plan === undefined) {
      plan = compileVariant(Object.fromEntries(conditions.map((condition) => [condition, variables[condition]])))
      variants.set(key, plan)
    }
    return plan()
  }

  function compileVariant(variables: Run['variables']): () => ObjectPlan {
    let slots = 0
    const deps = { schema, operation, fragments, compileSelections, nextSlot: () => slots++ }
    let root: ObjectPlan | undefined

    function compileSelections(type: GraphQLObjectType, nodes: readonly FieldNode[]): ObjectPlan {
      return toPlan(type, collectSubfields(schema, fragments, variables, type, nodes))
    }

    function toPlan(type: GraphQLObjectType, collected: ReadonlyMap<string, readonly FieldNode[]>): ObjectPlan {
      const fields = [...collected].flatMap(([key, [first, ...more]]) => {
        const field = first === undefined ? undefined : compileField(type, key, [first, ...more], deps)
        return field === undefined ? [] : [field]
      })
      return { fields, hasProto: collected.has('__proto__') }
    }

    return () => {
      if (rootType == null) {
        const text = `Schema is not configured to execute ${operation.operation} operation.`
        throw new GraphQLError(text, { nodes: operation })
      }
      root ??= toPlan(rootType, collectFields(schema, fragments, variables, rootType, operation.selectionSet))
      return root
    }
  }

  return ({ variables: given, contextValue }) => {
    const { coerced, errors } = readVariables(given)
    if (coerced === undefined) return { errors }
    const run: Run = { contextValue, variables: coerced, errors: createCollectedErrors(), argumentsBySlot: [] }
    try {
      const plan = planFor(coerced)
      const data = isMutation
        ? executeFieldsSerially(run, plan, undefined)
        : executeFields(run, plan, undefined, undefined)
      return isPromise(data)
        ? data.then(
            (resolved) => toResult(run, resolved),
            (error: unknown) => failAll(run, error),
          )
        : toResult(run, data)
    } catch (error) {
      return failAll(run, error)
    }
  }
}

function toResult({ errors: { errors } }: Run, data: { [key: string]: unknown } | null): ExecutionResult {
  return errors.length === 0 ? { data } : { errors, data }
}

/** What no nullable field could hold. */
function failAll(run: Run, error: unknown): ExecutionResult {
  // Everything a field throws has been located before it came here.
  run.errors.add(error as GraphQLError, undefined)
  return toResult(run, null)
}

function findOperation(document: DocumentNode, name: string | undefined): OperationDefinitionNode | GraphQLError {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
  if (name === undefined) {
    const [only, ...others] = operations
    if (only === undefined) return new GraphQLError('Must provide an operation.')
    if (others.length === 0) return only
    return new GraphQLError('Must provide operation name if query contains multiple operations.')
  }
  const named = operations.find((operation) => operation.name?.value === name)
  return named ?? new GraphQLError(`Unknown operation named "${name}".`)
}

function fragmentsOf(document: DocumentNode): Readonly<Record<string, FragmentDefinitionNode>> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null)
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition
  }
  return fragments
}

/** Names of the variables that decide which fields are answered. */
function conditionsIn(document: DocumentNode): readonly string[] {
  const names = new Set<string>()
  visit(document, {
    Directive({ name, arguments: given = [] }) {
      if (name.value !== 'skip' && name.value !== 'include') return
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value)
    },
  })
  return [...names]
}
