import { createDeliverer, type Deliverer, type DelivererDeps } from '../../../gateway/webhooks/deliverer.ts'
import { createDeliveryQueue, type DeliveryQueue } from '../../../gateway/webhooks/delivery-queue.ts'
import { webhookMigrations } from '../../../gateway/webhooks/migrations.ts'
import { post } from '../../../gateway/webhooks/post.ts'
import { standardSchedule } from '../../../gateway/webhooks/retry-schedule.ts'
import { createSecretBox } from '../../../gateway/webhooks/secret-box.ts'
import { createTargets, type TargetRules } from '../../../gateway/webhooks/target.ts'
import type { Webhook, WebhookDelivery } from '../../../gateway/webhooks/webhook.ts'
import { silentWebhookObserver } from '../../../gateway/webhooks/webhook-observer.ts'
import { createWebhookStore, type NewWebhook, type WebhookStore } from '../../../gateway/webhooks/webhook-store.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { openMigratedDatabase, type TestDatabase } from '../../support/postgres.ts'

export const owner = { tenant: 'test', clientId: 'acme-app', partnerId: 'acme' }
export const viewer: Viewer = { kind: 'partner', ...owner, scopes: [], channelIds: ['amazon'] }
export const secretKey = 'a key for tests of thirty-two or more characters'
export const secretBox = createSecretBox(secretKey)
export const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

export type Harness = AsyncDisposable & {
  readonly test: TestDatabase
  readonly clock: FakeClock
  readonly queue: DeliveryQueue
  readonly store: WebhookStore
  readonly faults: unknown[]
  /** A webhook that has been verified, with deliveries `msg_<n>` waiting. */
  register(url: string, changes?: Partial<NewWebhook>): Promise<string>
  enqueue(webhookId: string, ...names: readonly string[]): Promise<void>
  deliverer(changes?: Partial<DelivererDeps>): Deliverer
  webhook(id: string): Promise<Webhook>
  /** Oldest first. */
  deliveries(id: string): Promise<readonly WebhookDelivery[]>
}

export const openTargets: TargetRules = {
  allowPrivate: true,
  resolve: async () => ['127.0.0.1'],
}

export async function openHarness(now?: Clock): Promise<Harness> {
  const test = await openMigratedDatabase(webhookMigrations())
  const fake = createFakeClock()
  const clock: FakeClock = now === undefined ? fake : { now, advance() {} }
  const queue = createDeliveryQueue(test.database)
  const store = createWebhookStore(test.database)
  const faults: unknown[] = []
  const deliverers: Deliverer[] = []
  let registered = 0
  return {
    test,
    clock,
    queue,
    store,
    faults,
    async register(url, changes = {}) {
      registered += 1
      const id = `wh_${registered}`
      await test.database.transaction((transaction) =>
        store.add(
          transaction,
          owner,
          {
            id,
            viewer,
            url,
            selection: { operation: 'subscription { x }', operationName: null, variables: {}, version: 'unversioned' },
            onDeadLetter: 'CONTINUE',
            secrets: [{ sealed: secretBox.seal(secret), endsAt: null }],
            checkpoint: 'start',
            ...changes,
          },
          100,
          clock.now(),
        ),
      )
      await test.database.query(`update webhooks.webhooks set state = 'ACTIVE', verified_at = now() where id = $1`, [
        id,
      ])
      return id
    },
    enqueue: (webhookId, ...names) =>
      test.database.transaction((transaction) =>
        queue.add(
          transaction,
          webhookId,
          names.map((name) => ({
            id: `msg_${name}`,
            kind: 'EVENT' as const,
            payload: JSON.stringify({ data: { name } }),
            cursor: `cursor-${name}`,
          })),
          clock.now(),
        ),
      ),
    deliverer(changes = {}) {
      const deliverer = createDeliverer({
        queue,
        targets: createTargets(openTargets),
        post,
        secretBox,
        clock: clock.now,
        schedule: { ...standardSchedule, jitter: 0 },
        observer: silentWebhookObserver,
        onFault: (error) => faults.push(error),
        timeoutMs: 15_000,
        atOnce: 8,
        leaseMs: 60_000,
        pollMs: 10,
        keepMs: 30 * 86_400_000,
        ...changes,
      })
      deliverers.push(deliverer)
      return deliverer
    },
    async webhook(id) {
      const found = await store.find(owner, id)
      if (found === null) throw new Error(`there is no webhook ${id}`)
      return found
    },
    async deliveries(id) {
      return (await store.deliveries(id, { state: null, before: null, limit: 1_000 })).toReversed()
    },
    async [Symbol.asyncDispose]() {
      for (const deliverer of deliverers) await deliverer[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
    },
  }
}
