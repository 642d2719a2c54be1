import { webhookMigrations } from '../../../gateway/webhooks/migrations.ts'
import { standardSchedule } from '../../../gateway/webhooks/retry-schedule.ts'
import { silentWebhookObserver } from '../../../gateway/webhooks/webhook-observer.ts'
import { prepareWebhooks, type WebhookOptions } from '../../../gateway/webhooks/webhooks.ts'
import { systemClock } from '../../../platform/clock.ts'
import { createCursorCodec } from '../../../platform/cursor.ts'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { plainViewerCodec, viewerHeader } from '../../../platform/identity/viewer-header.ts'
import { createIdMinter } from '../../../platform/ids.ts'
import { hostSubgraph } from '../../../platform/subgraph/host.ts'
import { openPushWorld, type PushWorld } from '../push/push-world.ts'
import { secretKey } from './harness.ts'

// biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came
type Json = any

export type WebhookProcess = AsyncDisposable & {
  ask(query: string, variables?: Record<string, unknown>, viewer?: Viewer): Promise<Json>
}

export type WebhookWorld = AsyncDisposable & {
  readonly push: PushWorld
  readonly faults: unknown[]
  /** A gateway process as webhooks see it; several share the work. */
  start(changes?: Partial<WebhookOptions>): WebhookProcess
}

export const partner = (clientId = 'acme', channelIds: readonly string[] = ['web']): Viewer => ({
  kind: 'partner',
  tenant: 'test',
  clientId,
  scopes: [],
  partnerId: clientId,
  channelIds,
})

export const orderSubscription = `subscription ($ids: [ID!], $initial: InitialState! = NONE) {
  orderChanged(ids: $ids, initial: $initial) {
    __typename
    ... on OrderEvent { to order { id status packer } }
    ... on OrderSnapshot { order { id status } }
  }
}`

export const registerText = `mutation ($input: RegisterWebhookInput!) {
  registerWebhook(input: $input) { secret webhook { id state version cursor } }
}`

/** The part of the graph that is about webhooks, over a real gateway with real streams. */
export async function openWebhookWorld(): Promise<WebhookWorld> {
  const push = await openPushWorld({ migrations: [webhookMigrations()] })
  const faults: unknown[] = []
  const processes: WebhookProcess[] = []
  return {
    push,
    faults,
    start(changes = {}) {
      const prepared = prepareWebhooks({
        database: push.database,
        key: secretKey,
        allowPrivate: true,
        resolve: async () => ['127.0.0.1'],
        cursors: createCursorCodec({ secret: secretKey }),
        ids: createIdMinter(systemClock),
        clock: systemClock,
        observer: silentWebhookObserver,
        onFault: (error) => faults.push(error),
        schedule: { ...standardSchedule, delaysMs: [0, 20, 20, 20, 20, 20, 20, 20], breakerFailures: 1_000 },
        ...changes,
        limits: { pollMs: 20, feedLeaseMs: 600, ...changes.limits },
      })
      const { hub } = push.gateway.push ?? {}
      if (hub === undefined) throw new Error('the gateway has no subscriptions')
      const started = prepared.start({ handle: push.gateway.handle, hub })
      const host = hostSubgraph(prepared.subgraph, {
        viewerCodec: plainViewerCodec,
        onInternal: (error) => faults.push(error),
      })
      let isOver = false
      const process: WebhookProcess = {
        ask: async (query, variables = {}, viewer = partner()) =>
          host.handle({
            query,
            variables,
            headers: { [viewerHeader]: plainViewerCodec.encode(viewer) },
            signal: AbortSignal.timeout(20_000),
          }),
        async [Symbol.asyncDispose]() {
          if (isOver) return
          isOver = true
          await started[Symbol.asyncDispose]()
        },
      }
      processes.push(process)
      return process
    },
    async [Symbol.asyncDispose]() {
      for (const process of processes) await process[Symbol.asyncDispose]()
      await push[Symbol.asyncDispose]()
    },
  }
}
