import { type GraphQLSchema, getVariableValues } from 'graphql'
import { createExecutor } from './executor/executor.ts'
import type { PreparedOperation } from './executor/prepared.ts'
import type { BuildExecutor } from './executor-port.ts'
import type { Operation } from './operations.ts'
import { ResultData } from './result-data.ts'

/** A hostile set of variables can be wrong in thousands of places. */
const maxVariableErrors = 20

const noVariables = { coerced: {} }

/** The product's own executor: plans and compiles an operation once, as long as the operation store keeps it. */
export const buildCompiledExecutor: BuildExecutor = async (supergraphSdl, transports, keepable = []) => {
  const executor = createExecutor({ supergraphSdl, transports, keepable })
  const prepared = new WeakMap<Operation, PreparedOperation>()

  function prepare(operation: Operation, schema: GraphQLSchema): PreparedOperation {
    const known = prepared.get(operation)
    if (known !== undefined) return known
    const made = executor.prepare(operation.document, operation.name, schema)
    prepared.set(operation, made)
    return made
  }

  return {
    apiSchema: executor.apiSchema,
    async execute({ operation, schema, variables, headers, signal, takeParts, kept }) {
      const definitions = operation.node.variableDefinitions ?? []
      const values =
        definitions.length === 0
          ? noVariables
          : getVariableValues(schema, definitions, variables, { maxErrors: maxVariableErrors, hideSuggestions: true })
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
