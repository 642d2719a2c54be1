import type { FieldNode, FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode } from 'graphql'
import { type ClientError, createExplained, fromViolation } from './client-error.ts'
import { createIntrospect, type Introspect } from './introspection.ts'
import type { DataAnswer, ExecuteRequest, TextAnswer } from './prepared.ts'
import type { Run, Step } from './run.ts'
import { createShapes, type Shapes } from './shape.ts'
import { completeData, type Violation } from './write-data.ts'
import { createWriteData, type TextState, type WriteData } from './write-text.ts'

export type RunnerDeps = {
  readonly schema: GraphQLSchema
  readonly operation: OperationDefinitionNode
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>
  keyOf(field: FieldNode): string
  /** Variables that some @skip or @include of the operation hangs on. */
  readonly conditionVariables: readonly string[]
  readonly maxVariants: number
  /** Undefined when nothing is fetched. */
  readonly step: Step | undefined
}

export type Runner = {
  run(request: ExecuteRequest): Promise<DataAnswer>
  runToText(request: ExecuteRequest): Promise<TextAnswer>
}

type Variant = { readonly shapes: Shapes; readonly write: WriteData; readonly introspect: Introspect | undefined }

/** Runs the compiled plan, then completes what was gathered into the client's answer. */
export const createRunner = (deps: RunnerDeps): Runner => {
  const { step } = deps
  const variantOf = createVariants(deps)

  const gather = async (request: ExecuteRequest, variant: Variant): Promise<Run> => {
    const { variables, headers, signal } = request
    const run: Run = { variables, headers, signal, data: {}, errors: [] }
    if (variant.introspect !== undefined) Object.assign(run.data, variant.introspect(variables))
    await step?.(run)
    return run
  }

  return {
    run: async (request) => {
      const variant = variantOf(request.variables)
      return complete(await gather(request, variant), variant)
    },
    runToText: async (request) => {
      const variant = variantOf(request.variables)
      const run = await gather(request, variant)
      const extensions = request.extensions?.()
      const tail = extensions === undefined ? '}' : `,"extensions":${JSON.stringify(extensions)}}`
      const state: TextState = { isViolated: false }
      const text = variant.write(run.data, state)
      if (!state.isViolated) return { text: `{${errorsText(run.errors)}"data":${text}${tail}`, errors: run.errors }
      const { data, errors } = complete(run, variant)
      return { text: `{${errorsText(errors)}"data":${JSON.stringify(data)}${tail}`, errors }
    },
  }
}

const errorsText = (errors: readonly ClientError[]): string =>
  errors.length === 0 ? '' : `"errors":${JSON.stringify(errors)},`

const complete = (run: Run, variant: Variant): DataAnswer => {
  const { data, violations } = completeData(run.data, variant.shapes)
  return { data, errors: violations.length === 0 ? run.errors : withViolations(run.errors, violations) }
}

/** A missing value that an error already explains is not told twice. */
const withViolations = (errors: readonly ClientError[], violations: readonly Violation[]): readonly ClientError[] => {
  const isExplained = createExplained(errors)
  const unexplained = violations.filter(({ path }) => !isExplained(path))
  return [...errors, ...unexplained.map(({ message, path }) => fromViolation(message, path))]
}

/** Shapes and writers per combination of the condition variables, made at first use, the oldest forgotten first. */
const createVariants = (deps: RunnerDeps): ((variables: ExecuteRequest['variables']) => Variant) => {
  const root = deps.schema.getRootType(deps.operation.operation)
  if (root === undefined || root === null)
    throw new TypeError(`Cannot run operation: no ${deps.operation.operation} type`)
  const create = (conditions: ExecuteRequest['variables']): Variant => {
    const { schema, fragments, keyOf, operation } = deps
    const shapes = createShapes(root, [operation.selectionSet], { schema, fragments, keyOf, conditions })
    return {
      shapes,
      write: createWriteData(shapes),
      introspect: shapes.only && createIntrospect(shapes.only, operation, fragments, schema),
    }
  }
  if (deps.conditionVariables.length === 0) {
    const only = create({})
    return () => only
  }
  const variants = new Map<string, Variant>()
  return (variables) => {
    let key = ''
    for (const name of deps.conditionVariables) key += variables[name] === true ? '1' : '0'
    const known = variants.get(key)
    if (known !== undefined) return known
    const [oldest] = variants.keys()
    if (oldest !== undefined && variants.size >= deps.maxVariants) variants.delete(oldest)
    const variant = create(Object.fromEntries(deps.conditionVariables.map((name) => [name, variables[name] === true])))
    variants.set(key, variant)
    return variant
  }
}
