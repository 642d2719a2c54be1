import { durationBuckets, type Metrics } from '../../platform/telemetry/metrics.ts'

export type StreamLabels = { readonly client: string; readonly field: string }

/** Told what happens to streams. */
export type PushObserver = {
  delivered(labels: StreamLabels, lagMs: number | null): void
  conflated(labels: StreamLabels, count: number): void
  replayed(labels: StreamLabels, count: number): void
  /** Not told because the viewer may not see it. */
  withheld(labels: StreamLabels, count: number): void
  /** A message waits because its client's budget is spent. */
  slowed(labels: StreamLabels): void
  gap(labels: StreamLabels, reason: string): void
  /** Ended from this side. */
  ended(labels: StreamLabels, code: string): void
  /** A connection that stopped reading was cut. */
  cut(transport: string): void
  /** Asked at each scrape: how many follow a field, and how many of those are behind. */
  count(read: () => readonly (StreamLabels & { readonly state: 'live' | 'replay'; readonly count: number })[]): void
}

export const silentPushObserver: PushObserver = {
  delivered() {},
  conflated() {},
  replayed() {},
  withheld() {},
  slowed() {},
  gap() {},
  ended() {},
  cut() {},
  count() {},
}

export function createPushMetrics(metrics: Metrics): PushObserver {
  const labels = ['client', 'field'] as const
  const counter = (name: string, help: string) => metrics.counter({ name: `push_${name}_total`, help, labels })
  const delivered = counter('delivered', 'Messages handed to a client of a stream')
  const conflated = counter('conflated', 'Messages left out because a newer one of the same key came')
  const replayed = counter('replayed', 'Messages read again from the log for a client that was behind')
  const withheld = counter('withheld', 'Events not told because the viewer may not see them')
  const slowed = counter('slowed', 'Times a message waited because the budget of its client was spent')
  const gap = metrics.counter({
    name: 'push_gaps_total',
    help: 'Gaps told to clients',
    labels: ['client', 'field', 'reason'],
  })
  const ended = metrics.counter({
    name: 'push_ended_total',
    help: 'Streams ended by the gateway, by code',
    labels: ['client', 'field', 'code'],
  })
  const cut = metrics.counter({
    name: 'push_cut_total',
    help: 'Connections cut because they stopped reading',
    labels: ['transport'],
  })
  const lag = metrics.histogram({
    name: 'push_lag_seconds',
    help: 'From an event being recorded to its being handed to a client',
    labels,
    buckets: durationBuckets,
  })
  return {
    delivered(of, lagMs) {
      delivered(of)
      if (lagMs !== null) lag(of, Math.max(0, lagMs) / 1_000)
    },
    conflated,
    replayed,
    withheld,
    slowed,
    gap: (of, reason) => gap({ ...of, reason }),
    ended: (of, code) => ended({ ...of, code }),
    cut: (transport) => cut({ transport }),
    count(read) {
      metrics.observedGauge({
        name: 'push_followers',
        help: 'Open streams, and whether they are live or reading what they missed',
        labels: ['client', 'field', 'state'],
        read: () => read().map(({ count, ...of }) => ({ labels: of, value: count })),
      })
    },
  }
}
