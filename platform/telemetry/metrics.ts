import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

export type Labels<L extends string> = Readonly<Record<L, string>>

export type MetricOptions<L extends string> = {
  /** Snake case with its unit, without the prefix: `requests_total`, `request_duration_seconds`. */
  readonly name: string
  readonly help: string
  /** Names only of things with few values: never an id, a path with ids, or a text from a client. */
  readonly labels: readonly L[]
}

export type ObservedOptions<L extends string> = MetricOptions<L> & {
  /** Asked at each scrape. */
  readonly read: () => readonly { readonly labels: Labels<L>; readonly value: number }[]
}

export type Metrics = {
  counter<L extends string>(options: MetricOptions<L>): (labels: Labels<L>, by?: number) => void
  /** @param options.buckets upper bounds, ascending, in the unit of the name */
  histogram<L extends string>(
    options: MetricOptions<L> & { readonly buckets: readonly number[] },
  ): (labels: Labels<L>, value: number) => void
  gauge<L extends string>(options: MetricOptions<L>): (labels: Labels<L>, value: number) => void
  /** For what is counted elsewhere in plain numbers, so that counting costs nothing. */
  observedCounter<L extends string>(options: ObservedOptions<L>): void
  observedGauge<L extends string>(options: ObservedOptions<L>): void
  /** The whole registry in Prometheus text format. */
  text(): Promise<string>
  readonly contentType: string
}

export type MetricsOptions = {
  /** Default `storeloom_`. */
  readonly prefix?: string
  /** Adds the process's own: memory, event-loop lag, garbage collection. Default false. */
  readonly processMetrics?: boolean
}

/** Upper bounds in seconds for anything a client waits for. */
export const durationBuckets: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

/** Label combinations of one metric; further ones are counted under `other`, so that no input can grow the registry. */
const maxSeries = 500

/** A registry of its own, so that two apps in one process (or test) do not meet. */
export function createMetrics({ prefix = 'storeloom_', processMetrics = false }: MetricsOptions = {}): Metrics {
  const registry = new Registry()
  if (processMetrics) collectDefaultMetrics({ register: registry })

  function base<L extends string>(options: MetricOptions<L>) {
    return { name: prefix + options.name, help: options.help, labelNames: [...options.labels], registers: [registry] }
  }

  return {
    counter(options) {
      const counter = new Counter(base(options))
      const bound = createLabelBound(options.labels)
      return (labels, by = 1) => counter.inc(bound(labels), by)
    },
    histogram(options) {
      const histogram = new Histogram({ ...base(options), buckets: [...options.buckets] })
      const bound = createLabelBound(options.labels)
      return (labels, value) => histogram.observe(bound(labels), value)
    },
    gauge(options) {
      const gauge = new Gauge(base(options))
      const bound = createLabelBound(options.labels)
      return (labels, value) => gauge.set(bound(labels), value)
    },
    observedCounter(options) {
      new Counter({
        ...base(options),
        collect() {
          this.reset()
          for (const { labels, value } of options.read()) this.inc(labels, value)
        },
      })
    },
    observedGauge(options) {
      new Gauge({
        ...base(options),
        collect() {
          this.reset()
          for (const { labels, value } of options.read()) this.set(labels, value)
        },
      })
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

function createLabelBound<L extends string>(names: readonly L[]): (labels: Labels<L>) => Labels<L> {
  const seen = new Set<string>()
  const other = Object.fromEntries(names.map((name) => [name, 'other'])) as Labels<L>
  return (labels) => {
    const series = names.map((name) => labels[name]).join('\0')
    if (seen.has(series)) return labels
    if (seen.size >= maxSeries) return other
    seen.add(series)
    return labels
  }
}
