import type { Ingest } from '../platform/connector/connector.ts'
import { countLetters } from '../platform/connector/count-letters.ts'
import type { FreshnessBoard } from '../platform/connector/freshness.ts'
import type { ConsumerMetrics } from '../platform/event-log/consumer.ts'
import { countDeadLetters } from '../platform/event-log/dead-letters.ts'
import type { Queryable } from '../platform/sql/database.ts'
import type { Figure, Subgraph, Task } from '../platform/subgraph/subgraph.ts'
import { durationBuckets, type Metrics } from '../platform/telemetry/metrics.ts'

/** Upper bounds in seconds: a read model that lags is minutes behind, not seconds. */
const lagBuckets: readonly number[] = [...durationBuckets, 30, 60, 300, 1_800]

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
  const lag = metrics.histogram({
    name: 'event_visible_lag_seconds',
    help: 'From an event being recorded to what a consumer makes of it being committed: of the first event of each batch; a rebuild meets old events',
    labels,
    buckets: lagBuckets,
  })
  return {
    applied(consumer, events, durationMs, lagMs) {
      applied({ consumer }, events)
      duration({ consumer }, durationMs / 1_000)
      // Two clocks: the database's and this process's.
      if (lagMs !== null) lag({ consumer }, Math.max(0, lagMs) / 1_000)
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

const figuresEveryMs = 5_000

/** Reads what subgraphs let operators watch, every few seconds, so that a scrape waits for no statement. Unread, it tells nothing. */
export function watchFigures(subgraphs: readonly Subgraph[], metrics: Metrics): readonly Task[] {
  return subgraphs.flatMap(({ name, figures }) => {
    if (figures === undefined) return []
    let latest: Readonly<Record<string, Figure>> = {}
    for (const [figure, help] of Object.entries(figures.help)) {
      const read = () => {
        const value = latest[figure] ?? []
        return typeof value === 'number' ? [{ labels: {}, value }] : value
      }
      metrics.observedGauge<string>({ name: figure, help, labels: figures.labels?.[figure] ?? [], read })
    }
    return [
      readingTask(`${name}.figures`, async () => {
        latest = {}
        latest = await figures.read()
      }),
    ]
  })
}

/** Tells how much could not be taken in and waits for somebody: documents by system, events by consumer. */
export function watchDeadLetters(database: Queryable, metrics: Metrics): Task {
  let latest: readonly { readonly labels: { readonly origin: string; readonly of: string }; readonly value: number }[] =
    []
  metrics.observedGauge({
    name: 'dead_letters',
    help: 'What could not be taken in: documents of a system of record (source) and events by consumer (log); none where nothing waits',
    labels: ['origin', 'of'] as const,
    read: () => latest,
  })
  const toSeries = (origin: string, letters: ReadonlyMap<string, number>) =>
    [...letters].map(([of, value]) => ({ labels: { origin, of }, value }))
  return readingTask('dead letters', async () => {
    latest = []
    latest = [...toSeries('source', await countLetters(database)), ...toSeries('log', await countDeadLetters(database))]
  })
}

function readingTask(name: string, read: () => Promise<void>): Task {
  return { name, everyMs: figuresEveryMs, run: () => read().then(() => 0) }
}
