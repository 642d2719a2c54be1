import type { Exchange, GraphQLResult } from './exchange.ts'

/** Runs the rest of the pipeline. */
export type Handler = (exchange: Exchange) => Promise<GraphQLResult>

/**
 * One thing that happens to every request. It answers by itself, or calls `next` and may look at what comes back.
 * Throwing an AppError refuses the request.
 */
export type Stage = {
  readonly name: StageName
  handle(exchange: Exchange, next: Handler): Promise<GraphQLResult>
}

/**
 * The order of all stages there can be, and why each stands where it does:
 *
 * - `identify`: who asks decides everything below, and a wrong token must cost nothing more.
 * - `version`: which API schema answers; before `parse`, which validates against it.
 * - `parse`: text to operation, from the cache when known; the first stage that sees what is asked.
 * - `limits`: refuses what would be dear to plan, before anything is computed from it.
 * - `authorize`: takes out what the viewer may not have, so that the stages below neither price nor plan it.
 * - `cost`: what it would cost; needs a bounded operation.
 * - `rate`: charges that cost to the client; needs both.
 * - `lane`: waits for or is refused a place; last before work, so that only admitted and paid work queues.
 * - `execute`: plans, calls subgraphs, merges; everything behind it is the answer.
 *
 * Cost refunds, usage and projections happen on the way back, in the stage that knows of them.
 */
export const stageOrder = [
  'identify',
  'version',
  'parse',
  'limits',
  'authorize',
  'cost',
  'rate',
  'lane',
  'execute',
] as const

export type StageName = (typeof stageOrder)[number]

/**
 * Joins stages into one handler.
 * @throws TypeError when they are out of order, twice there, or do not end with `execute`
 */
export function createPipeline(stages: readonly Stage[]): Handler {
  let last = -1
  for (const { name } of stages) {
    const place = stageOrder.indexOf(name)
    if (place <= last) throw new TypeError(`Cannot build the pipeline: ${name} is out of order or there twice`)
    last = place
  }
  if (last !== stageOrder.length - 1) throw new TypeError('Cannot build the pipeline: it does not end with execute')
  return stages.reduceRight<Handler>(
    (next, stage) => (exchange) => stage.handle(exchange, next),
    () => Promise.reject(new TypeError('execute called the stage behind it')),
  )
}

/** Puts stages that come from several places into `stageOrder`. */
export function inOrder(stages: readonly Stage[]): readonly Stage[] {
  return [...stages].sort((left, right) => stageOrder.indexOf(left.name) - stageOrder.indexOf(right.name))
}
