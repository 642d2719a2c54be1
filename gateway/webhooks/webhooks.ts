import type { Clock } from '../../platform/clock.ts'
import type { CursorCodec } from '../../platform/cursor.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import type { IdMinter } from '../../platform/ids.ts'
import type { Database } from '../../platform/sql/database.ts'
import type { HostableSubgraph } from '../../platform/subgraph/host.ts'
import { createDeliverer, type Deliverer } from './deliverer.ts'
import { createDeliveryQueue } from './delivery-queue.ts'
import { createDurableSubscriptions } from './durable-subscriptions.ts'
import { createFeedStore } from './feed-store.ts'
import { createFeeder, type Feeder } from './feeder.ts'
import { post } from './post.ts'
import { type RetrySchedule, standardSchedule } from './retry-schedule.ts'
import { createSecretBox } from './secret-box.ts'
import { createStreams, type StreamsDeps } from './streams.ts'
import { createTargets, type Resolve } from './target.ts'
import type { WebhookObserver } from './webhook-observer.ts'
import { createWebhookService } from './webhook-service.ts'
import { createWebhookStore } from './webhook-store.ts'
import { createWebhookSubgraph, type WebhookOperations } from './webhook-subgraph.ts'

export type WebhookLimits = {
  readonly mostPerClient: number
  readonly mostDurablePerClient: number
  /** Deliveries that may wait for one receiver; what comes later stays in the log until there is room. */
  readonly mostPending: number
  readonly mostReplayed: number
  readonly timeoutMs: number
  readonly atOnce: number
  readonly mostFed: number
  readonly pollMs: number
  readonly deliveryLeaseMs: number
  readonly feedLeaseMs: number
  readonly keepMs: number
}

export const defaultWebhookLimits: WebhookLimits = {
  mostPerClient: 50,
  mostDurablePerClient: 200,
  mostPending: 1_000,
  mostReplayed: 10_000,
  timeoutMs: 15_000,
  atOnce: 64,
  mostFed: 2_000,
  pollMs: 500,
  // Longer than an attempt may take, the look-up of the name included.
  deliveryLeaseMs: 45_000,
  feedLeaseMs: 10_000,
  keepMs: 30 * 86_400_000,
}

export type WebhookOptions = {
  readonly database: Database
  /** Seals the secrets that are kept; at least 32 characters. */
  readonly key: string
  readonly allowPrivate: boolean
  readonly resolve: Resolve
  /** For pages of the log of deliveries. */
  readonly cursors: CursorCodec
  readonly ids: IdMinter
  readonly clock: Clock
  readonly observer: WebhookObserver
  readonly onFault: (error: unknown) => void
  readonly schedule?: RetrySchedule
  readonly limits?: Partial<WebhookLimits>
}

export type PreparedWebhooks = {
  /** Their part of the graph; it answers once they are started. */
  readonly subgraph: HostableSubgraph
  /** Begins to follow, to deliver and to answer. */
  start(gateway: StreamsDeps): AsyncDisposable
}

/** Webhooks and named subscriptions of one process; several processes over one database share the work. */
export function prepareWebhooks(options: WebhookOptions): PreparedWebhooks {
  const { database, clock, observer, onFault, cursors } = options
  const limits = { ...defaultWebhookLimits, ...options.limits }
  const secretBox = createSecretBox(options.key)
  const targets = createTargets({ allowPrivate: options.allowPrivate, resolve: options.resolve })
  const queue = createDeliveryQueue(database)
  let operations: WebhookOperations | null = null

  function current(): WebhookOperations {
    if (operations !== null) return operations
    throw new AppError('UPSTREAM_UNAVAILABLE', 'Cannot answer for webhooks: they are not started here')
  }

  function open(gateway: StreamsDeps): { readonly feeder: Feeder; readonly deliverer: Deliverer } {
    const streams = createStreams(gateway)
    const deliverer = createDeliverer({
      queue,
      targets,
      post,
      secretBox,
      clock,
      schedule: options.schedule ?? standardSchedule,
      observer,
      onFault,
      timeoutMs: limits.timeoutMs,
      atOnce: limits.atOnce,
      leaseMs: limits.deliveryLeaseMs,
      pollMs: limits.pollMs,
      keepMs: limits.keepMs,
    })
    const feeder = createFeeder({
      store: createFeedStore(database, queue, limits.mostPending),
      streams,
      clock,
      observer,
      onQueued: deliverer.wake,
      onFault,
      pollMs: limits.pollMs,
      leaseMs: limits.feedLeaseMs,
      most: limits.mostFed,
    })
    const webhooks = createWebhookService({
      database,
      store: createWebhookStore(database),
      queue,
      streams,
      targets,
      secretBox,
      ids: options.ids,
      clock,
      mostPerClient: limits.mostPerClient,
      mostReplayed: limits.mostReplayed,
      onChange() {
        deliverer.wake()
        feeder.wake()
      },
    })
    const durable = createDurableSubscriptions({
      database,
      streams,
      clock,
      mostPerClient: limits.mostDurablePerClient,
    })
    operations = { webhooks, durable }
    return { feeder, deliverer }
  }

  return {
    subgraph: createWebhookSubgraph(current, cursors),
    start(gateway) {
      const { feeder, deliverer } = open(gateway)
      feeder.start()
      deliverer.start()
      return {
        async [Symbol.asyncDispose]() {
          operations = null
          await feeder[Symbol.asyncDispose]()
          await deliverer[Symbol.asyncDispose]()
        },
      }
    },
  }
}
