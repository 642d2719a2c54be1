import type { DocumentNode, GraphQLSchema } from 'graphql'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'
import { choosePlanner, type PlannerChoice } from './choose-planner.ts'
import type { KeepableEntity } from './keepable.ts'
import { createLastingAnswers, type WholeAnswerCounts } from './lasting-answers.ts'
import { prepareOperation } from './prepare.ts'
import type { DataAnswer, ExecuteRequest, ExecutorLimits, PreparedOperation, TextAnswer } from './prepared.ts'
import { readSupergraph } from './supergraph.ts'

export type ExecutorDeps = {
  readonly supergraphSdl: string
  /** By the names of `@join__graph(name:)`; every subgraph of the supergraph needs one. */
  readonly transports: ReadonlyMap<string, SubgraphTransport>
  readonly planner?: PlannerChoice
  readonly limits?: Partial<ExecutorLimits>
  /** What requests may keep for later ones, see `ExecuteRequest.kept`. Default: nothing. */
  readonly keepable?: readonly KeepableEntity[]
  /** Counts into it what becomes of requests whose whole answers may be kept. */
  readonly wholeAnswers?: WholeAnswerCounts | undefined
}

export type Executor = {
  readonly apiSchema: GraphQLSchema
  /** Which planner makes its plans. */
  readonly plannerName: string
  readonly services: readonly string[]
  /**
   * Plans and compiles; costs milliseconds, so the caller keeps what it gives, by document text and operation name,
   * in a bounded cache.
   *
   * @param document valid against `apiSchema`
   * @param shown what `__schema` and `__type` tell of; default `apiSchema`
   * @throws AppError `INTERNAL` when the graph has no way to answer the operation, `BAD_REQUEST` when there is no
   * such operation or it is a subscription
   */
  prepare(document: DocumentNode, operationName?: string, shown?: GraphQLSchema): PreparedOperation
  /** Never rejects: what goes wrong is in `errors`. */
  execute(prepared: PreparedOperation, request: ExecuteRequest): Promise<DataAnswer>
  /** The same with the data as JSON text. */
  executeToText(prepared: PreparedOperation, request: ExecuteRequest): Promise<TextAnswer>
}

/**
 * Builds the executor of one supergraph.
 *
 * @throws TypeError when a subgraph has no transport
 * @throws Error when the SDL is no supergraph
 */
export const createExecutor = (deps: ExecutorDeps): Executor => {
  const facts = readSupergraph(deps.supergraphSdl)
  for (const service of facts.services) {
    if (!deps.transports.has(service))
      throw new TypeError(`Cannot create executor: subgraph ${service} has no transport`)
  }
  const planner = choosePlanner(deps.planner ?? 'auto', facts)
  const limits: ExecutorLimits = { maxErrorsPerCall: 50, maxVariants: 32, ...deps.limits }
  const { transports, keepable = [] } = deps
  const lasting = createLastingAnswers(deps.wholeAnswers ?? { again: 0, made: 0 })
  return {
    apiSchema: facts.apiSchema,
    plannerName: planner.name,
    services: facts.services,
    prepare: (document, operationName, shown = facts.apiSchema) =>
      prepareOperation(document, operationName, { facts, planner, limits, transports, shown, keepable, lasting }),
    execute: (prepared, request) => prepared.run(request),
    executeToText: (prepared, request) => prepared.runToText(request),
  }
}
