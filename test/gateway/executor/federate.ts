import { composeServices } from '@apollo/composition'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { execute, getOperationAST, parse, validate } from 'graphql'
import { getVariableValues } from 'graphql/execution/values.js'
import type { PlannerChoice } from '../../../gateway/executor/choose-planner.ts'
import { createExecutor } from '../../../gateway/executor/executor.ts'
import type { SubgraphRequest, SubgraphResponse, SubgraphTransport } from '../../../platform/subgraph/transport.ts'

/** A resolver map as graphql-tools writes them. */
type Resolvers = NonNullable<
  Parameters<typeof buildSubgraphSchema>[0] extends infer Given
    ? Extract<Given, { resolvers?: unknown }>['resolvers']
    : never
>

export type TestSubgraph = { readonly typeDefs: string; readonly resolvers: Resolvers }
export type Asked = { readonly service: string; readonly request: SubgraphRequest }
export type Answer = (request: SubgraphRequest) => Promise<SubgraphResponse>
/** @param answer what the subgraph would have answered */
export type OtherAnswer = (request: SubgraphRequest, answer: Answer) => Promise<SubgraphResponse>

export const link = (...imports: string[]): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: [${imports.map((name) => `"${name}"`).join()}])\n`

/** A federated graph of in-memory subgraphs behind the executor; every call is noted, and can be answered otherwise. */
export const federate = (
  subgraphs: Readonly<Record<string, TestSubgraph>>,
  options: {
    readonly planner?: PlannerChoice
    readonly answers?: Readonly<Record<string, OtherAnswer>>
    readonly maxErrorsPerCall?: number
    /** Variables travel as text, as over HTTP. */
    readonly takesText?: true
  } = {},
) => {
  const services = Object.entries(subgraphs)
  const { supergraphSdl, errors } = composeServices(
    services.map(([name, { typeDefs }]) => ({ name, url: `http://${name}.invalid`, typeDefs: parse(typeDefs) })),
  )
  if (supergraphSdl === undefined) throw new Error(errors?.map(String).join('\n'))
  const asked: Asked[] = []
  const takesText = options.takesText && { takesText: options.takesText }
  const transports = new Map(
    services.map(([name, { typeDefs, resolvers }]): [string, SubgraphTransport] => {
      const schema = buildSubgraphSchema({ typeDefs: parse(typeDefs), resolvers })
      const answer: Answer = async ({ query, variablesJson, variables = JSON.parse(variablesJson ?? '{}') }) => {
        const document = parse(query)
        const invalid = validate(schema, document)
        if (invalid.length > 0) throw new Error(`${name} was sent an invalid document: ${query}: ${invalid.join()}`)
        const result = await execute({ schema, document, variableValues: { ...variables }, contextValue: {} })
        return JSON.parse(JSON.stringify(result))
      }
      const call: Answer = (request) => {
        asked.push({ service: name, request })
        const other = options.answers?.[name]
        return other === undefined ? answer(request) : other(request, answer)
      }
      return [name, { name, call, ...takesText, [Symbol.asyncDispose]: async () => {} }]
    }),
  )
  const executor = createExecutor({
    supergraphSdl,
    transports,
    planner: options.planner ?? 'auto',
    limits: options.maxErrorsPerCall === undefined ? {} : { maxErrorsPerCall: options.maxErrorsPerCall },
  })

  /** Runs an operation both ways, text and objects, and gives what both must be. */
  const ask = async (text: string, variables: Readonly<Record<string, unknown>> = {}, operationName?: string) => {
    const document = parse(text)
    const invalid = validate(executor.apiSchema, document)
    if (invalid.length > 0) throw new Error(invalid.join())
    const prepared = executor.prepare(document, operationName)
    const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? []
    const { coerced = {} } = getVariableValues(executor.apiSchema, definitions, { ...variables })
    const request = { variables: coerced, headers: { 'x-viewer': 'v1' }, signal: AbortSignal.timeout(30_000) }
    const { text: written, errors: told } = await executor.executeToText(prepared, request)
    const answer: { data: unknown; errors?: readonly unknown[] } = {
      ...(told.length === 0 ? {} : { errors: JSON.parse(JSON.stringify(told)) }),
      data: JSON.parse(written),
    }
    if (prepared.kind === 'query') {
      const { data, errors } = JSON.parse(JSON.stringify(await executor.execute(prepared, request)))
      const same = errors.length === 0 ? { data } : { errors, data }
      if (JSON.stringify(same) !== JSON.stringify(answer)) throw new Error(`Text and objects differ for ${text}`)
    }
    return answer
  }

  return { executor, ask, asked }
}
