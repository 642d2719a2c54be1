import type { GraphQLSchema } from 'graphql'
import { compileVariables, type ReadVariables } from '../platform/subgraph/executor/read-variables.ts'
import type { SubgraphTransport } from '../platform/subgraph/transport.ts'
import { createExecutor } from './executor/executor.ts'
import type { KeepableEntity } from './executor/keepable.ts'
import type { WholeAnswerCounts } from './executor/lasting-answers.ts'
import type { PreparedOperation } from './executor/prepared.ts'
import type { BuildExecutor, Executor } from './executor-port.ts'
import type { Operation } from './operations.ts'
import { ResultData } from './result-data.ts'

/** A hostile set of variables can be wrong in thousands of places. */
const maxVariableErrors = 20
const variableOptions = { maxErrors: maxVariableErrors, hideSuggestions: true }

/** The product's own executor: plans and compiles an operation once, as long as the operation store keeps it. */
export const buildCompiledExecutor: BuildExecutor = (supergraphSdl, transports, keepable) =>
  buildCountedExecutor(supergraphSdl, transports, keepable)

/** As `buildCompiledExecutor`. @param wholeAnswers see `ExecutorDeps` */
export async function buildCountedExecutor(
  supergraphSdl: string,
  transports: ReadonlyMap<string, SubgraphTransport>,
  keepable: readonly KeepableEntity[] = [],
  wholeAnswers?: WholeAnswerCounts,
): Promise<Executor> {
  const executor = createExecutor({ supergraphSdl, transports, keepable, wholeAnswers })
  const prepared = new WeakMap<Operation, PreparedOperation>()

  const readers = new WeakMap<Operation, WeakMap<GraphQLSchema, ReadVariables>>()

  /** Versions share operations, and yet one may know a value of an enum that another does not. */
  function readerOf(operation: Operation, schema: GraphQLSchema): ReadVariables {
    const bySchema = readers.get(operation) ?? new WeakMap<GraphQLSchema, ReadVariables>()
    const known = bySchema.get(schema)
    if (known !== undefined) return known
    const made = compileVariables(schema, operation.node.variableDefinitions ?? [], variableOptions)
    bySchema.set(schema, made)
    readers.set(operation, bySchema)
    return made
  }

  function prepare(operation: Operation, schema: GraphQLSchema): PreparedOperation {
    const known = prepared.get(operation)
    if (known !== undefined) return known
    const made = executor.prepare(operation.document, operation.name, schema)
    prepared.set(operation, made)
    return made
  }

  return {
    apiSchema: executor.apiSchema,
    prepare(operation, schema) {
      readerOf(operation, schema)
      prepare(operation, schema)
    },
    async execute({ operation, schema, variables, headers, signal, takeParts, kept }) {
      const values = readerOf(operation, schema)(variables)
      if (values.coerced === undefined) return { errors: values.errors.slice(0, maxVariableErrors) }
      const request = { variables: values.coerced, headers, signal, kept }
      const { runToText, runInParts } = prepare(operation, schema)
      if (takeParts !== null && runInParts !== null) {
        const { data, errors } = await runInParts(request, takeParts)
        return { data: ResultData.of(data), errors }
      }
      const answer = await runToText(request)
      return { data: ResultData.ofText(answer.text, answer.weigh), errors: answer.errors }
    },
    async [Symbol.asyncDispose]() {},
  }
}
