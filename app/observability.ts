import type { Ingest } from '../platform/connector/connector.ts'
import type { FreshnessBoard } from '../platform/connector/freshness.ts'
import type { ConsumerMetrics } from '../platform/event-log/consumer.ts'
import { durationBuckets, type Metrics } from '../platform/telemetry/metrics.ts'

/** Counts what consumers of the log apply, park and try again. */
export function createConsumerMetrics(metrics: Metrics): ConsumerMetrics {
  const labels = ['consumer'] as const
  const applied = metrics.counter({ name: 'events_applied_total', help: 'Events applied', labels })
  const parked = metrics.counter({ name: 'events_parked_total', help: 'Events parked as dead letters', labels })
  const retried = metrics.counter({ name: 'event_batches_retried_total', help: 'Batches tried again', labels })
  const duration = metrics.histogram({
    name: 'event_batch_duration_seconds',
    help: 'Time to apply one batch',
    labels,
    buckets: durationBuckets,
  })
  return {
    applied(consumer, events, durationMs) {
      applied({ consumer }, events)
      duration({ consumer }, durationMs / 1_000)
    },
    parked: (consumer, events) => parked({ consumer }, events),
    retried: (consumer) => retried({ consumer }),
  }
}

/** Counts the documents each system delivered, by what became of them. */
export function countDocuments(ingest: Ingest, metrics: Metrics): Ingest {
  const documents = metrics.counter({
    name: 'source_documents_total',
    help: 'Documents delivered by systems of record: changed, unchanged or dead-lettered',
    labels: ['system', 'outcome'] as const,
  })
  return {
    async deliver(batch) {
      const outcome = await ingest.deliver(batch)
      const { system } = batch
      documents({ system, outcome: 'changed' }, outcome.changed)
      documents({ system, outcome: 'unchanged' }, outcome.unchanged)
      documents({ system, outcome: 'dead_lettered' }, outcome.deadLettered)
      return outcome
    },
  }
}

/** Tells how old each system of record is here, at every scrape. */
export function observeFreshness(freshness: FreshnessBoard, metrics: Metrics, now: () => Date): void {
  metrics.observedGauge({
    name: 'source_age_seconds',
    help: 'Time since everything a system of record had was known here',
    labels: ['system'] as const,
    read: () =>
      freshness
        .all()
        .flatMap(({ system, syncedAt }) =>
          syncedAt === null
            ? []
            : [{ labels: { system }, value: Math.max(0, now().getTime() - syncedAt.getTime()) / 1_000 }],
        ),
  })
}
