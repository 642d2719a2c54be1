import type { Database } from '../../platform/sql/database.ts'
import type { DeliveryQueue, NewDelivery } from './delivery-queue.ts'
import { toWebhook, type Webhook, webhookColumns } from './webhook.ts'

export type FeedLease = { readonly holder: string; readonly now: Date; readonly leaseMs: number }

export type Advance = {
  readonly webhookId: string
  readonly holder: string
  /** Where the feed stood; it moves only from there. */
  readonly from: string
  readonly to: string
  readonly deliveries: readonly NewDelivery[]
  readonly now: Date
}

/** Who puts into the queue of which webhook, and how far each has come. */
export type FeedStore = {
  /** Takes webhooks nobody feeds. */
  acquire(lease: FeedLease & { readonly limit: number }): Promise<readonly Webhook[]>
  /** @returns those that are still fed by the holder and may go on */
  renew(ids: readonly string[], lease: FeedLease): Promise<ReadonlySet<string>>
  /** Lets another have it, not before `until`. */
  release(webhookId: string, holder: string, until: Date): Promise<void>
  /** Pauses, so that nobody tries what cannot succeed. */
  stop(webhookId: string, holder: string, reason: string): Promise<void>
  /**
   * Puts deliveries into the queue and moves the checkpoint, both or neither.
   * @returns `full` when too much waits already, `lost` when the feed is another's or stands elsewhere: then nothing is written
   */
  advance(advance: Advance): Promise<'done' | 'full' | 'lost'>
}

/** @param mostPending deliveries that may wait in one queue; beyond it the log keeps what is to come */
export function createFeedStore(database: Database, queue: DeliveryQueue, mostPending: number): FeedStore {
  return {
    async acquire({ holder, now, leaseMs, limit }) {
      const until = new Date(now.getTime() + leaseMs).toISOString()
      const { rows } = await database.query(acquireText, [holder, now.toISOString(), until, limit])
      return rows.map(toWebhook)
    },
    async renew(ids, { holder, now, leaseMs }) {
      const until = new Date(now.getTime() + leaseMs).toISOString()
      const { rows } = await database.query<{ id: string }>(renewText, [ids, holder, until])
      return new Set(rows.map(({ id }) => id))
    },
    async release(webhookId, holder, until) {
      await database.query(releaseText, [webhookId, holder, until.toISOString()])
    },
    async stop(webhookId, holder, reason) {
      await database.query(stopText, [webhookId, holder, reason])
    },
    advance: ({ webhookId, holder, from, to, deliveries, now }) =>
      database.transaction(async (transaction) => {
        const { rows } = await transaction.query<LockedRow>(lockText, [webhookId])
        const [row] = rows
        if (row === undefined || row.fed_by !== holder || row.checkpoint !== from || row.state !== 'ACTIVE')
          return 'lost'
        if (deliveries.length > 0) {
          const waiting = await transaction.query<{ count: number }>(waitingText, [webhookId, mostPending])
          if ((waiting.rows[0]?.count ?? 0) >= mostPending) return 'full'
          await queue.add(transaction, webhookId, deliveries, now)
        }
        await transaction.query(advanceText, [webhookId, to, now.toISOString()])
        return 'done'
      }),
  }
}

type LockedRow = { readonly fed_by: string | null; readonly checkpoint: string; readonly state: string }

const acquireText = `
  update webhooks.webhooks as webhook set fed_by = $1, fed_until = $3
  from (
    select id as free_id from webhooks.webhooks
    where state = 'ACTIVE' and (fed_until is null or fed_until <= $2)
    order by id limit $4 for update skip locked
  ) as free
  where webhook.id = free.free_id
  returning ${webhookColumns}`

const renewText = `
  update webhooks.webhooks set fed_until = $3
  where id = any ($1::text[]) and fed_by = $2 and state = 'ACTIVE' returning id`

const releaseText = `update webhooks.webhooks set fed_by = null, fed_until = $3 where id = $1 and fed_by = $2`

const stopText = `
  update webhooks.webhooks set state = 'PAUSED', state_reason = $3, fed_by = null, fed_until = null
  where id = $1 and fed_by = $2`

const lockText = 'select fed_by, checkpoint, state from webhooks.webhooks where id = $1 for update'

const waitingText = `
  select count(*)::int as count from (
    select 1 from webhooks.deliveries where webhook_id = $1 and state = 'PENDING' limit $2
  ) as waiting`

const advanceText = 'update webhooks.webhooks set checkpoint = $2, checkpoint_at = $3 where id = $1'
