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
import type { Rests } from '../../cache/rests.ts'
import { isPromise, type MaybePromise } from '../../maybe-promise.ts'
import { createCollectedErrors } from './collected-errors.ts'
import { compileField } from './compile-field.ts'
import { executeFields, executeFieldsSerially } from './execute-fields.ts'
import { type KeepableFields, nothingKeepable } from './keepable-fields.ts'
import type { ObjectPlan, Renew, Renewed, Run } from './plan.ts'
import { compileVariables } from './read-variables.ts'
import { renewIn, toTemplate } from './template.ts'

export type OperationRequest = {
  /** As they came. */
  readonly variables: { readonly [name: string]: unknown }
  readonly contextValue: unknown
  /** Absent: the answer need not be given again. */
  readonly toKeep?: {
    readonly rests: Rests
    /** Told with the answer, before anybody may change it; not of one that was waited for or has errors. */
    answered(toAgain: () => Again | undefined, renewed: Renewed): void
  }
}

/** An answer that can be given again while what it rests on is the same. */
export type Again = {
  /** In bytes; an estimate. */
  readonly size: number
  /**
   * @param createContext called where fields of it are asked anew
   * @param renewed told of the objects with such fields
   * @returns undefined where it has to be made anew
   */
  answer(createContext: () => unknown, renewed?: Renewed): ExecutionResult | undefined
  /** For fields that `renewed` was told of. */
  renew(createContext: () => unknown): Renew
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
  keepable: KeepableFields = nothingKeepable,
): CompiledOperation {
  const operation = findOperation(document, name)
  return operation instanceof GraphQLError
    ? () => ({ errors: [operation] })
    : compile(schema, document, operation, keepable)
}

function compile(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  keepable: KeepableFields,
): CompiledOperation {
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
    const deps = { schema, operation, fragments, compileSelections, nextSlot: () => slots++, keepable }
    let root: ObjectPlan | undefined

    function compileSelections(type: GraphQLObjectType, nodes: readonly FieldNode[]): ObjectPlan {
      return toPlan(type, collectSubfields(schema, fragments, variables, type, nodes))
    }

    function toPlan(type: GraphQLObjectType, collected: ReadonlyMap<string, readonly FieldNode[]>): ObjectPlan {
      const fields = [...collected].flatMap(([key, [first, ...more]]) => {
        const field = first === undefined ? undefined : compileField(type, key, [first, ...more], deps)
        return field === undefined ? [] : [field]
      })
      return { fields, hasProto: collected.has('__proto__'), renewed: fields.filter(({ isRenewed }) => isRenewed) }
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

  function againOf(data: { [key: string]: unknown }, variables: Run['variables'], renewed: Renewed): Again | undefined {
    const template = toTemplate(data, renewed)
    if (template === undefined) return undefined
    const hasRenewed = renewed.size > 0
    const begin = (createContext: () => unknown) =>
      newRun(variables, hasRenewed ? createContext() : undefined, undefined)
    return {
      size: template.size,
      answer(createContext, told) {
        const copy = template.copy(begin(createContext), told)
        return copy === undefined ? undefined : { data: copy }
      },
      renew: (createContext) => renewIn(begin(createContext)),
    }
  }

  return ({ variables: given, contextValue, toKeep }) => {
    const { coerced, errors } = readVariables(given)
    if (coerced === undefined) return { errors }
    const run = newRun(coerced, contextValue, toKeep && { rests: toKeep.rests, renewed: new Map() })
    try {
      const plan = planFor(coerced)
      const data = isMutation
        ? executeFieldsSerially(run, plan, undefined)
        : executeFields(run, plan, undefined, undefined)
      if (isPromise(data)) {
        return data.then(
          (resolved) => toResult(run, resolved),
          (error: unknown) => failAll(run, error),
        )
      }
      const { keeping } = run
      if (keeping !== undefined && run.errors.errors.length === 0) {
        toKeep?.answered(() => againOf(data, coerced, keeping.renewed), keeping.renewed)
      }
      return toResult(run, data)
    } catch (error) {
      return failAll(run, error)
    }
  }
}

function newRun(variables: Run['variables'], contextValue: unknown, keeping: Run['keeping']): Run {
  return { contextValue, variables, errors: createCollectedErrors(), argumentsBySlot: [], keeping }
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
