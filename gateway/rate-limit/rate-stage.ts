import { AppError } from '../../platform/errors/app-error.ts'
import { defaultCostRules } from '../cost/estimate.ts'
import type { createOperationFacts } from '../cost/operation-facts.ts'
import type { Exchange, GraphQLResult } from '../exchange.ts'
import type { FormatError } from '../mask-errors.ts'
import type { Stage } from '../pipeline.ts'
import type { Plans } from '../plans/plans.ts'
import type { RateDecision, RateLimiter, RatePlan } from './rate-limiter.ts'

export type RateStageDeps = {
  readonly limiter: RateLimiter
  readonly plans: Plans
  readonly factsOf: ReturnType<typeof createOperationFacts>
  readonly format: FormatError
  /** Told when points could not be given back or charged afterwards. */
  readonly onFailure: (error: unknown) => void
}

type Charge = { readonly key: string; readonly bucket: RatePlan; readonly requested: number }

/**
 * Charges what a request may cost to the bucket of its tenant, client and lane, gives back what it did not cost, and
 * tells both with every answer.
 */
export function createRateStage(deps: RateStageDeps): Stage {
  const { limiter, plans, factsOf } = deps
  const policies = new WeakMap<RatePlan, string>()

  function policyOf(bucket: RatePlan, lane: string): string {
    let policy = policies.get(bucket)
    if (policy === undefined) {
      policy = `"${lane}";q=${bucket.maximum};w=${Math.ceil(bucket.maximum / bucket.restoreRate)}`
      policies.set(bucket, policy)
    }
    return policy
  }

  function tell({ answerHeaders, lane }: Exchange, bucket: RatePlan, available: number): void {
    answerHeaders['ratelimit-policy'] = policyOf(bucket, lane)
    const resetS = Math.ceil((bucket.maximum - available) / bucket.restoreRate)
    answerHeaders.ratelimit = `"${lane}";r=${available};t=${resetS}`
  }

  function settle(charge: Charge, actual: number): void {
    const { key, bucket, requested } = charge
    if (actual === requested) return
    const settled =
      actual < requested
        ? limiter.refund(key, requested - actual, bucket)
        : limiter.charge(key, actual - requested, bucket)
    if (settled instanceof Promise) settled.then(() => {}, deps.onFailure)
  }

  /** An event costs what is selected of it; what opening the stream costs on top was paid once. */
  function payForEvent({ key, bucket, requested }: Charge): number | Promise<number> {
    const decision = limiter.charge(key, Math.max(1, requested - defaultCostRules.subscriptionWeight), bucket)
    return decision instanceof Promise ? decision.then(({ retryAfterMs }) => retryAfterMs) : decision.retryAfterMs
  }

  function refuse(exchange: Exchange, charge: Charge, decision: RateDecision): GraphQLResult {
    const { requested } = charge
    const { available, retryAfterMs, maximum, restoreRate } = decision
    tell(exchange, charge.bucket, available)
    const error = new AppError(
      'RATE_LIMITED',
      `Cannot run the request now: it may cost ${requested} points, ${available} of ${maximum} are left in lane ${exchange.lane}`,
      { retryAfterMs, details: { limit: 'rate', lane: exchange.lane, allowed: available, value: requested } },
    )
    return {
      errors: [deps.format(error, exchange)],
      extensions: { cost: { requested, actual: 0, throttle: { maximum, available, restoreRate } } },
    }
  }

  function run(exchange: Exchange, charge: Charge, decision: RateDecision, next: Parameters<Stage['handle']>[1]) {
    if (!decision.allowed) return Promise.resolve(refuse(exchange, charge, decision))
    const { requested, bucket } = charge
    if (exchange.operation?.kind === 'subscription') exchange.payForEvent = () => payForEvent(charge)
    // The headers of an answer in parts leave before all of it is there to be counted.
    if (exchange.takeParts !== null) tell(exchange, bucket, decision.available)
    return next(exchange).then(
      (result) => {
        const { operation, supergraph } = exchange
        const { data } = result
        const actual =
          data === undefined || operation === null ? 0 : data.isNull ? 1 : factsOf(operation, supergraph).actual(data)
        settle(charge, actual)
        const available = Math.max(0, Math.min(bucket.maximum, decision.available + requested - actual))
        tell(exchange, bucket, available)
        const cost = {
          requested,
          actual,
          throttle: { maximum: bucket.maximum, available, restoreRate: bucket.restoreRate },
        }
        return { ...result, extensions: { ...result.extensions, cost } }
      },
      (error: unknown) => {
        settle(charge, 0)
        tell(exchange, bucket, Math.min(bucket.maximum, decision.available + requested))
        throw error
      },
    )
  }

  return {
    name: 'rate',
    handle(exchange, next) {
      const { viewer, lane, requestedCost: requested, request } = exchange
      const plan = plans.of(viewer)
      const bucket = plan.buckets[lane]
      const address = plan.perAddress && request.address !== undefined ? `/${request.address}` : ''
      const charge = { key: `${viewer.tenant}/${viewer.clientId}/${lane}${address}`, bucket, requested }
      const decision = limiter.charge(charge.key, requested, bucket)
      return decision instanceof Promise
        ? decision.then((decided) => run(exchange, charge, decided, next))
        : run(exchange, charge, decision, next)
    },
  }
}
