import { randomUUID } from 'node:crypto'
import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { createWakeable } from '../../platform/event-log/wakeable.ts'
import type { DeliveryQueue, Settlement } from './delivery-queue.ts'
import type { post as send } from './post.ts'
import { type RetrySchedule, readRetryAfter, waitAfter } from './retry-schedule.ts'
import type { SecretBox } from './secret-box.ts'
import { signatureHeaders } from './signature.ts'
import type { Targets } from './target.ts'
import type { Webhook, WebhookDelivery } from './webhook.ts'
import type { WebhookObserver } from './webhook-observer.ts'

export type DelivererDeps = {
  readonly queue: DeliveryQueue
  readonly targets: Targets
  readonly post: typeof send
  readonly secretBox: SecretBox
  readonly clock: Clock
  readonly schedule: RetrySchedule
  readonly observer: WebhookObserver
  readonly onFault: (error: unknown) => void
  /** Longest one attempt may take. */
  readonly timeoutMs: number
  /** Webhooks this process delivers to at once. */
  readonly atOnce: number
  /** Longer than an attempt may take: how soon another process takes over from one that died. */
  readonly leaseMs: number
  /** Longest time between two looks at the queue without a wake-up. */
  readonly pollMs: number
  /** How long the log of deliveries is kept. */
  readonly keepMs: number
}

export type Deliverer = AsyncDisposable & {
  /** Begins to deliver whatever is due. */
  start(): void
  /** Something may be due. */
  wake(): void
  /** Delivers what is due at this moment and ends. @returns how many attempts that took */
  runDue(): Promise<number>
}

/** Deliveries of one webhook before others have their turn. */
const mostInARow = 50
const pruneEveryMs = 600_000

export function createDeliverer(deps: DelivererDeps): Deliverer {
  const { queue, clock, schedule, leaseMs, observer } = deps
  const holder = randomUUID()
  const stopping = new AbortController()
  const wakeable = createWakeable()
  const busy = new Set<Promise<unknown>>()
  let running: Promise<void> | undefined

  /** @returns how many attempts were made */
  async function deliverTo(webhook: Webhook): Promise<number> {
    let attempts = 0
    while (attempts < mostInARow && !stopping.signal.aborted) {
      const delivery = await queue.next(webhook.id, holder, clock())
      if (delivery === null) break
      attempts += 1
      const settlement = await attempt(webhook, delivery)
      if (settlement === null) break
      if (!(await queue.settle(delivery, settlement, { holder, now: clock(), leaseMs }))) break
      webhook = afterwards(webhook, settlement, clock())
    }
    // Not after a fault: the lease then keeps everyone from trying at once what has just failed here.
    await queue.release(webhook.id, holder)
    return attempts
  }

  /** @returns null when the process is stopping: the attempt does not count */
  async function attempt(webhook: Webhook, delivery: WebhookDelivery): Promise<Settlement | null> {
    const startedAt = clock().getTime()
    const { clientId } = webhook.viewer
    const tell = (outcome: Parameters<WebhookObserver['attempted']>[1]) => {
      const now = clock().getTime()
      const lagMs = delivery.attempts === 0 ? now - delivery.createdAt.getTime() : null
      observer.attempted(clientId, outcome, now - startedAt, lagMs)
    }
    let status: number | null = null
    let retryAfterMs = 0
    let error: string
    let refused = false
    try {
      const answer = await sendTo(webhook, delivery, startedAt)
      status = answer.status
      if (status >= 200 && status <= 299) {
        tell('delivered')
        return { kind: 'delivered', status }
      }
      retryAfterMs = readRetryAfter(answer.retryAfter, clock().getTime())
      error = status >= 300 && status <= 399 ? `answered ${status}; redirects are not followed` : `answered ${status}`
    } catch (failure) {
      if (stopping.signal.aborted) return null
      if (failure instanceof AppError && failure.code !== 'BAD_USER_INPUT') throw failure
      refused = failure instanceof AppError
      error = failure instanceof Error ? failure.message : 'the connection failed'
    }
    const settlement = failed(webhook, delivery, { status, error, retryAfterMs })
    tell(settlement.nextAttemptAt === null ? 'dead' : refused ? 'refused' : 'failed')
    if (settlement.webhook !== null) observer.stopped(clientId, settlement.webhook.state)
    return settlement
  }

  async function sendTo(webhook: Webhook, delivery: WebhookDelivery, nowMs: number) {
    const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(deps.timeoutMs)])
    const target = await deps.targets.pin(deps.targets.parse(webhook.url), signal)
    const secrets = webhook.secrets
      .filter(({ endsAt }) => endsAt === null || endsAt > nowMs)
      .map(({ sealed }) => deps.secretBox.open(sealed))
    const message = { id: delivery.id, timestampSeconds: Math.floor(nowMs / 1_000), body: delivery.payload }
    return deps.post({
      target,
      body: delivery.payload,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Storeloom-Webhooks/1',
        'storeloom-webhook': webhook.id,
        'storeloom-kind': delivery.kind.toLowerCase(),
        'storeloom-attempt': String(delivery.attempts + 1),
        ...(delivery.cursor === null ? {} : { 'storeloom-cursor': delivery.cursor }),
        ...signatureHeaders(secrets, message),
      },
      timeoutMs: deps.timeoutMs,
      signal: stopping.signal,
    })
  }

  function failed(
    webhook: Webhook,
    delivery: WebhookDelivery,
    { status, error, retryAfterMs }: { status: number | null; error: string; retryAfterMs: number },
  ): Extract<Settlement, { kind: 'failed' }> {
    const nowMs = clock().getTime()
    const waitMs = waitAfter(schedule, delivery.attempts + 1)
    const isOpen = webhook.consecutiveFailures + 1 >= schedule.breakerFailures
    const failingMs = webhook.failingSince === null ? 0 : nowMs - webhook.failingSince.getTime()
    return {
      kind: 'failed',
      status,
      error: error.slice(0, 500),
      nextAttemptAt: waitMs === null ? null : new Date(nowMs + Math.max(waitMs, retryAfterMs)),
      openUntil: isOpen ? new Date(nowMs + schedule.breakerOpenMs) : null,
      webhook:
        status === 410
          ? { state: 'DISABLED', reason: 'The receiver answered 410 Gone' }
          : failingMs >= schedule.disableAfterMs
            ? { state: 'DISABLED', reason: `Every attempt has failed since ${webhook.failingSince?.toISOString()}` }
            : waitMs === null && delivery.kind === 'PING'
              ? { state: 'DISABLED', reason: 'The first ping was never taken' }
              : waitMs === null && webhook.onDeadLetter === 'PAUSE'
                ? { state: 'PAUSED', reason: `${delivery.id} is a dead letter` }
                : null,
    }
  }

  function begin(webhook: Webhook): Promise<number> {
    const work = deliverTo(webhook).catch((error: unknown) => {
      deps.onFault(error)
      return 0
    })
    busy.add(work)
    const done = () => {
      busy.delete(work)
      wakeable.wake()
    }
    work.then(done, done)
    return work
  }

  async function run(): Promise<void> {
    let pruneAt = 0
    while (!stopping.signal.aborted) {
      try {
        const limit = deps.atOnce - busy.size
        const claimed = limit <= 0 ? [] : await queue.claim({ holder, now: clock(), leaseMs, limit })
        for (const webhook of claimed) void begin(webhook)
        const nowMs = clock().getTime()
        if (nowMs >= pruneAt) {
          const pruned = await queue.prune(new Date(nowMs - deps.keepMs))
          pruneAt = pruned === 0 ? nowMs + pruneEveryMs : nowMs
        }
        if (claimed.length === 0) await wakeable.wait(deps.pollMs, stopping.signal)
      } catch (error) {
        deps.onFault(error)
        await wakeable.wait(deps.pollMs, stopping.signal)
      }
    }
  }

  return {
    start() {
      running ??= run()
    },
    wake: wakeable.wake,
    async runDue() {
      let attempts = 0
      for (;;) {
        const claimed = await queue.claim({ holder, now: clock(), leaseMs, limit: deps.atOnce })
        if (claimed.length === 0) return attempts
        for (const count of await Promise.all(claimed.map(begin))) attempts += count
      }
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await running
      await Promise.all(busy)
    },
  }
}

/** As the row stands once the settlement is written. */
function afterwards(webhook: Webhook, settlement: Settlement, now: Date): Webhook {
  if (settlement.kind === 'delivered') {
    return { ...webhook, consecutiveFailures: 0, failingSince: null, openUntil: null }
  }
  return {
    ...webhook,
    consecutiveFailures: webhook.consecutiveFailures + 1,
    failingSince: webhook.failingSince ?? now,
    openUntil: settlement.openUntil,
  }
}
