import { buildCountedExecutor } from '../gateway/compiled-executor.ts'
import type { BuildExecutor } from '../gateway/executor-port.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'

/** The product's executor, which tells how many answers were given again as a whole. */
export function countWholeAnswers(metrics: Metrics): BuildExecutor {
  const counts = { again: 0, made: 0 }
  metrics.observedCounter({
    name: 'whole_answers_total',
    help: 'Requests that may be given the whole answer of one before: given it again, or made anew',
    labels: ['event'],
    read: () => Object.entries(counts).map(([event, value]) => ({ labels: { event }, value })),
  })
  return (supergraphSdl, transports, keepable) => buildCountedExecutor(supergraphSdl, transports, keepable, counts)
}
