import type { Gateway } from '../gateway/index.ts'
import { webhookMigrations } from '../gateway/webhooks/migrations.ts'
import { resolveBySystem } from '../gateway/webhooks/post.ts'
import { createWebhookMetrics } from '../gateway/webhooks/webhook-observer.ts'
import { prepareWebhooks } from '../gateway/webhooks/webhooks.ts'
import { systemClock } from '../platform/clock.ts'
import { createCursorCodec } from '../platform/cursor.ts'
import { migrate } from '../platform/sql/migrate.ts'
import type { HostableSubgraph } from '../platform/subgraph/host.ts'
import type { DataLayer } from './data-layer.ts'
import type { ProcessParts } from './process.ts'
import { keepSecret } from './secrets.ts'

export type Webhooks = {
  readonly subgraph: HostableSubgraph
  /** Begins once there is a gateway to ask. */
  start(gateway: Gateway): void
}

/** Webhooks and named subscriptions over this store; processes over the same store share the work. */
export async function openWebhooks(parts: ProcessParts, { store, ids }: DataLayer): Promise<Webhooks> {
  const { config, closer, log, metrics } = parts
  const { background: database } = store
  const { dataDir } = config.database
  await migrate(database, [webhookMigrations()])
  const prepared = prepareWebhooks({
    database,
    key: await keepSecret(config.webhooks.key, dataDir, 'webhooks'),
    allowPrivate: config.webhooks.allowPrivate,
    resolve: resolveBySystem,
    cursors: createCursorCodec({ secret: await keepSecret(config.cursor.secret, dataDir, 'cursor') }),
    ids,
    clock: systemClock,
    observer: createWebhookMetrics(metrics),
    onFault: (error) => log.error('Webhooks failed and are tried again', { error }),
  })
  return {
    subgraph: prepared.subgraph,
    start({ handle, push }) {
      if (push === null) throw new TypeError('Cannot start webhooks: the gateway has no subscriptions')
      closer.add(prepared.start({ handle, hub: push.hub }), { name: 'webhooks', timeoutMs: 20_000 })
    },
  }
}
