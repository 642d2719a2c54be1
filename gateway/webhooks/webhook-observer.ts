import { durationBuckets, type Metrics } from '../../platform/telemetry/metrics.ts'

export type AttemptOutcome = 'delivered' | 'failed' | 'dead' | 'refused'

/** Told what happens to deliveries. */
export type WebhookObserver = {
  /** @param lagMs of the first attempt: from being queued to its end; null of repetitions */
  attempted(client: string, outcome: AttemptOutcome, durationMs: number, lagMs: number | null): void
  queued(client: string, count: number): void
  /** A webhook was paused or disabled from this side. */
  stopped(client: string, state: 'PAUSED' | 'DISABLED'): void
}

export const silentWebhookObserver: WebhookObserver = { attempted() {}, queued() {}, stopped() {} }

export function createWebhookMetrics(metrics: Metrics): WebhookObserver {
  const attempts = metrics.counter({
    name: 'webhook_attempts_total',
    help: 'Attempts to deliver to a webhook: delivered, failed, dead (the last one failed) or refused (its address)',
    labels: ['client', 'outcome'],
  })
  const duration = metrics.histogram({
    name: 'webhook_attempt_duration_seconds',
    help: 'How long receivers take to answer',
    labels: ['client'],
    buckets: durationBuckets,
  })
  const lag = metrics.histogram({
    name: 'webhook_lag_seconds',
    help: 'From a delivery being queued to the end of its first attempt',
    labels: ['client'],
    buckets: durationBuckets,
  })
  const queued = metrics.counter({
    name: 'webhook_queued_total',
    help: 'Deliveries put into the queue of a webhook',
    labels: ['client'],
  })
  const stopped = metrics.counter({
    name: 'webhooks_stopped_total',
    help: 'Webhooks paused or disabled because they kept failing',
    labels: ['client', 'state'],
  })
  return {
    attempted(client, outcome, durationMs, lagMs) {
      attempts({ client, outcome })
      duration({ client }, durationMs / 1_000)
      if (lagMs !== null) lag({ client }, Math.max(0, lagMs) / 1_000)
    },
    queued: (client, count) => queued({ client }, count),
    stopped: (client, state) => stopped({ client, state }),
  }
}
