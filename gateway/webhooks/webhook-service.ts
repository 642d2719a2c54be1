import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { IdMinter } from '../../platform/ids.ts'
import type { Database, Transaction } from '../../platform/sql/database.ts'
import type { DeliveryQueue } from './delivery-queue.ts'
import type { SecretBox } from './secret-box.ts'
import { createWebhookSecret } from './signature.ts'
import type { AskedSelection, Streams } from './streams.ts'
import type { Targets } from './target.ts'
import { noSuchWebhook, type OnDeadLetter, type Webhook } from './webhook.ts'
import type { DeliveryFilter, Owner, ReplayFilter, WebhookStore } from './webhook-store.ts'

export type WebhookServiceDeps = {
  readonly database: Database
  readonly store: WebhookStore
  readonly queue: DeliveryQueue
  readonly streams: Streams
  readonly targets: Targets
  readonly secretBox: SecretBox
  readonly ids: IdMinter
  readonly clock: Clock
  /** Webhooks a client may have. */
  readonly mostPerClient: number
  /** Deliveries one replay may repeat. */
  readonly mostReplayed: number
  /** Something may be due, or there may be a webhook to feed. */
  readonly onChange: () => void
}

export type Registering = {
  readonly url: string
  readonly selection: AskedSelection
  readonly onDeadLetter: OnDeadLetter
  /** Where to begin; null: now. */
  readonly after: string | null
}

/** A webhook and the secret it signs with, which is told this once. */
export type WithSecret = { readonly webhook: Webhook; readonly secret: string }

/** What partners and systems may do with their webhooks. Every function refuses other viewers with `FORBIDDEN`. */
export type WebhookService = {
  list(viewer: Viewer): Promise<readonly Webhook[]>
  find(viewer: Viewer, id: string): Promise<Webhook | null>
  /** Nothing is sent before the receiver has taken a ping. @throws AppError `BAD_USER_INPUT`, or as a subscription */
  register(viewer: Viewer, asked: Registering): Promise<WithSecret>
  /** The old secret signs along for the overlap. */
  rotateSecret(viewer: Viewer, id: string, overlapMs: number): Promise<WithSecret>
  ping(viewer: Viewer, id: string): Promise<Webhook>
  pause(viewer: Viewer, id: string): Promise<Webhook>
  resume(viewer: Viewer, id: string): Promise<Webhook>
  remove(viewer: Viewer, id: string): Promise<void>
  /** @returns how many deliveries wait again */
  replay(viewer: Viewer, id: string, filter: ReplayFilter): Promise<{ webhook: Webhook; count: number }>
  /** Reads the stream again from a cursor: what it tells is decided anew, ids stay. */
  rewind(viewer: Viewer, id: string, cursor: string): Promise<Webhook>
  deliveries(viewer: Viewer, id: string, filter: DeliveryFilter): ReturnType<WebhookStore['deliveries']>
  pending: WebhookStore['pending']
}

const longestOverlapMs = 7 * 86_400_000
const pinMs = 5_000

export function createWebhookService(deps: WebhookServiceDeps): WebhookService {
  const { database, store, clock, ids, secretBox } = deps

  async function change(
    viewer: Viewer,
    id: string,
    work: (transaction: Transaction, webhook: Webhook) => Promise<unknown>,
  ): Promise<Webhook> {
    const owner = ownerOf(viewer)
    await database.transaction(async (transaction) => work(transaction, await store.lock(transaction, owner, id)))
    deps.onChange()
    const changed = await store.find(owner, id)
    if (changed === null) throw noSuchWebhook(id)
    return changed
  }

  async function found(viewer: Viewer, id: string): Promise<Webhook> {
    const webhook = await store.find(ownerOf(viewer), id)
    if (webhook === null) throw noSuchWebhook(id)
    return webhook
  }

  function addPing(transaction: Transaction, webhookId: string): Promise<void> {
    const payload = JSON.stringify({ data: null, extensions: { kind: 'PING', webhook: webhookId } })
    const ping = { id: `msg_${ids.ulid()}`, kind: 'PING' as const, payload, cursor: null }
    return deps.queue.add(transaction, webhookId, [ping], clock())
  }

  return {
    list: async (viewer) => store.list(ownerOf(viewer)),
    find: async (viewer, id) => store.find(ownerOf(viewer), id),
    async register(viewer, { url, selection, onDeadLetter, after }) {
      const owner = ownerOf(viewer)
      await deps.targets.pin(deps.targets.parse(url), AbortSignal.timeout(pinMs))
      const lasting = withoutProof(viewer)
      const begun = await deps.streams.begin(lasting, selection, after)
      const id = `wh_${ids.ulid()}`
      const secret = createWebhookSecret()
      const webhook = {
        id,
        viewer: lasting,
        url,
        selection: { ...selection, version: begun.version },
        onDeadLetter,
        secrets: [{ sealed: secretBox.seal(secret), endsAt: null }],
        checkpoint: begun.cursor,
      }
      await database.transaction(async (transaction) => {
        await store.add(transaction, owner, webhook, deps.mostPerClient, clock())
        await addPing(transaction, id)
      })
      deps.onChange()
      return { webhook: await found(viewer, id), secret }
    },
    async rotateSecret(viewer, id, overlapMs) {
      if (overlapMs < 0 || overlapMs > longestOverlapMs) {
        throw new AppError('BAD_USER_INPUT', 'Cannot rotate the secret: the overlap may be 0 to 168 hours')
      }
      const secret = createWebhookSecret()
      const nowMs = clock().getTime()
      const webhook = await change(viewer, id, (transaction, { secrets }) => {
        const [newest] = secrets
        // Of those before only the newest signs along, so that the header stays small however often this is done.
        const old = newest === undefined || overlapMs === 0 ? [] : [{ ...newest, endsAt: nowMs + overlapMs }]
        return store.setSecrets(transaction, id, [{ sealed: secretBox.seal(secret), endsAt: null }, ...old])
      })
      return { webhook, secret }
    },
    ping: (viewer, id) => change(viewer, id, (transaction) => addPing(transaction, id)),
    pause: (viewer, id) => change(viewer, id, (transaction) => store.pause(transaction, id, 'You paused it')),
    async resume(viewer, id) {
      const webhook = await found(viewer, id)
      // What it stood still for may stand in the way again; better told now than found out later.
      await deps.streams.place(webhook.viewer, webhook.selection, webhook.checkpoint)
      const pending = (await store.pending([id])).get(id) ?? 0
      return change(viewer, id, async (transaction) => {
        await store.resume(transaction, id, clock())
        if (webhook.verifiedAt === null && pending === 0) await addPing(transaction, id)
      })
    },
    async remove(viewer, id) {
      if (!(await store.remove(ownerOf(viewer), id))) throw noSuchWebhook(id)
    },
    async replay(viewer, id, filter) {
      let count = 0
      const webhook = await change(viewer, id, async (transaction) => {
        count = await store.replay(transaction, id, filter, deps.mostReplayed, clock())
      })
      return { webhook, count }
    },
    async rewind(viewer, id, cursor) {
      const webhook = await found(viewer, id)
      await deps.streams.place(webhook.viewer, webhook.selection, cursor)
      return change(viewer, id, (transaction) => store.setCheckpoint(transaction, id, cursor, clock()))
    },
    async deliveries(viewer, id, filter) {
      await found(viewer, id)
      return store.deliveries(id, filter)
    },
    pending: store.pending,
  }
}

function ownerOf(viewer: Viewer): Owner {
  if (viewer.kind === 'partner') {
    return { tenant: viewer.tenant, clientId: viewer.clientId, partnerId: viewer.partnerId }
  }
  if (viewer.kind === 'service') {
    return { tenant: viewer.tenant, clientId: viewer.clientId, partnerId: `system:${viewer.system}` }
  }
  if (viewer.kind === 'anonymous') {
    throw new AppError('UNAUTHENTICATED', 'Cannot use webhooks: sign in as a partner or a system first')
  }
  throw new AppError('FORBIDDEN', `Cannot use webhooks: you are ${viewer.kind}, allowed are partner and service`)
}

/** The token or key with which somebody registers ends; the registration does not. */
function withoutProof(viewer: Viewer): Viewer {
  const { expiresAtMs: _, keyId: __, ...lasting } = viewer
  return lasting
}
