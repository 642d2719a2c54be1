import { createHash, randomUUID } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { fromFormattedError } from '../../platform/errors/graphql-error.ts'
import { createWakeable, type Wakeable } from '../../platform/event-log/wakeable.ts'
import type { Follower } from '../push/hub.ts'
import type { Delivery } from '../push/registration.ts'
import type { NewDelivery } from './delivery-queue.ts'
import type { FeedStore } from './feed-store.ts'
import type { Streams } from './streams.ts'
import type { Webhook } from './webhook.ts'
import type { WebhookObserver } from './webhook-observer.ts'

export type FeederDeps = {
  readonly store: FeedStore
  readonly streams: Streams
  readonly clock: Clock
  readonly observer: WebhookObserver
  /** Called after deliveries were queued. */
  readonly onQueued: () => void
  readonly onFault: (error: unknown) => void
  /** Longest time between two looks for webhooks that nobody feeds. */
  readonly pollMs: number
  /** How soon another process takes over from one that died. */
  readonly leaseMs: number
  /** Webhooks this process feeds at once. */
  readonly most: number
}

/** Follows each webhook's selection, and queues what it is told together with how far it has come. */
export type Feeder = AsyncDisposable & {
  start(): void
  /** There may be a webhook to feed, or room in a queue. */
  wake(): void
}

type Feed = { readonly stop: AbortController; readonly wakeable: Wakeable; readonly ended: Promise<void> }

const mostInBatch = 100
/** A place in a stream grows old even where nothing is told; it is written anew before that. */
const idleCheckpointMs = 60_000
const longestWaitMs = 60_000

export function createFeeder(deps: FeederDeps): Feeder {
  const { store, clock, leaseMs } = deps
  const holder = randomUUID()
  const stopping = new AbortController()
  const wakeable = createWakeable()
  const feeds = new Map<string, Feed>()
  const faults = new Map<string, number>()
  let running: Promise<void> | undefined

  async function run(): Promise<void> {
    let renewAt = 0
    while (!stopping.signal.aborted) {
      try {
        const now = clock()
        if (now.getTime() >= renewAt) {
          await renew(now)
          renewAt = now.getTime() + leaseMs / 3
        }
        const limit = deps.most - feeds.size
        const acquired = limit <= 0 ? [] : await store.acquire({ holder, now, leaseMs, limit: Math.min(limit, 50) })
        for (const webhook of acquired) begin(webhook)
        if (acquired.length > 0) continue
      } catch (error) {
        deps.onFault(error)
      }
      await wakeable.wait(deps.pollMs, stopping.signal)
    }
    await Promise.all([...feeds.values()].map(({ ended }) => ended))
  }

  async function renew(now: Date): Promise<void> {
    if (feeds.size === 0) return
    const kept = await store.renew([...feeds.keys()], { holder, now, leaseMs })
    for (const [id, feed] of feeds) if (!kept.has(id)) feed.stop.abort()
  }

  function begin(webhook: Webhook): void {
    const stop = new AbortController()
    const own = createWakeable()
    const signal = AbortSignal.any([stop.signal, stopping.signal])
    const ended = feed(webhook, own, signal)
      .then(
        () => release(webhook.id, 0),
        (error: unknown) => giveUp(webhook, error),
      )
      .catch(deps.onFault)
      .finally(() => feeds.delete(webhook.id))
    feeds.set(webhook.id, { stop, wakeable: own, ended })
  }

  /** What passes by itself is tried again; what does not needs the partner. */
  async function giveUp(webhook: Webhook, error: unknown): Promise<void> {
    const known = AppError.from(error)
    if (known.code === 'INTERNAL') deps.onFault(error)
    if (known.retryable || known.code === 'INTERNAL') {
      const failures = (faults.get(webhook.id) ?? 0) + 1
      faults.set(webhook.id, failures)
      await release(webhook.id, Math.min(longestWaitMs, 500 * 2 ** Math.min(failures, 10)))
      return
    }
    await store.stop(webhook.id, holder, `${known.code}: ${known.message}`)
    deps.observer.stopped(webhook.viewer.clientId, 'PAUSED')
  }

  function release(id: string, afterMs: number): Promise<void> {
    return store.release(id, holder, new Date(clock().getTime() + afterMs))
  }

  async function feed(webhook: Webhook, own: Wakeable, signal: AbortSignal): Promise<void> {
    const state: { ended: AppError | null } = { ended: null }
    const follower = await deps.streams.follow(webhook.viewer, webhook.selection, webhook.checkpoint, {
      onReady: own.wake,
      onEnd({ error }) {
        state.ended = fromFormattedError(error)
        own.wake()
      },
    })
    try {
      faults.delete(webhook.id)
      let at = webhook.checkpoint
      let writtenMs = clock().getTime()
      while (!signal.aborted) {
        const batch = takeBatch(follower)
        const nowMs = clock().getTime()
        if (batch.length === 0) {
          if (state.ended !== null) throw state.ended
          if (nowMs - writtenMs < idleCheckpointMs) {
            await own.wait(1_000, signal)
            continue
          }
        }
        const to = batch.at(-1)?.cursor ?? follower.cursor()
        if (!(await write(webhook, { from: at, to, batch }, own, signal))) return
        at = to
        writtenMs = nowMs
      }
    } finally {
      follower.close()
    }
  }

  /** @returns false when this process is to feed it no longer */
  async function write(
    webhook: Webhook,
    { from, to, batch }: { readonly from: string; readonly to: string; readonly batch: readonly Delivery[] },
    own: Wakeable,
    signal: AbortSignal,
  ): Promise<boolean> {
    const deliveries = batch.map((delivery) => toNewDelivery(webhook.id, delivery))
    while (!signal.aborted) {
      const advance = { webhookId: webhook.id, holder, from, to, deliveries, now: clock() }
      const outcome = await store.advance(advance)
      if (outcome === 'lost') return false
      if (outcome === 'done') {
        if (deliveries.length === 0) return true
        deps.observer.queued(webhook.viewer.clientId, deliveries.length)
        deps.onQueued()
        return true
      }
      await own.wait(1_000, signal)
    }
    return false
  }

  return {
    start() {
      running ??= run()
    },
    wake() {
      wakeable.wake()
      for (const { wakeable: own } of feeds.values()) own.wake()
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
    },
  }
}

function takeBatch(follower: Follower): readonly Delivery[] {
  const batch: Delivery[] = []
  for (let next = follower.take(); next !== null; next = follower.take()) {
    batch.push(next)
    if (batch.length === mostInBatch) break
  }
  return batch
}

/** The same event has the same id however often it is told to the same webhook: after a crash, and when replayed. */
function toNewDelivery(webhookId: string, { kind, text, cursor, key, event }: Delivery): NewDelivery {
  const told = event === null ? `${kind}\0${key}\0${cursor}` : `event\0${event.id}`
  const hash = createHash('sha256').update(`${webhookId}\0${told}`).digest('base64url')
  const kinds = { event: 'EVENT', snapshot: 'SNAPSHOT', gap: 'GAP' } as const
  return { id: `msg_${hash.slice(0, 27)}`, kind: kinds[kind], payload: text, cursor }
}
