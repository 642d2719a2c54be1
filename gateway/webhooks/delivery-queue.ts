import type { Database, Transaction } from '../../platform/sql/database.ts'
import {
  type DeliveryKind,
  deliveryColumns,
  toDelivery,
  toWebhook,
  type Webhook,
  type WebhookDelivery,
  webhookColumns,
} from './webhook.ts'

export type NewDelivery = {
  readonly id: string
  readonly kind: DeliveryKind
  readonly payload: string
  readonly cursor: string | null
}

/** How an attempt ended, and what follows from it. Decided by who made it. */
export type Settlement =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'failed'
      readonly status: number | null
      readonly error: string
      /** null: there is no further attempt, it is a dead letter. */
      readonly nextAttemptAt: Date | null
      /** Nothing of this webhook is tried before. */
      readonly openUntil: Date | null
      /** Ends or pauses the webhook as well. */
      readonly webhook: { readonly state: 'PAUSED' | 'DISABLED'; readonly reason: string } | null
    }

/** The durable queue: the oldest waiting delivery of each webhook, one process and one attempt at a time. */
export type DeliveryQueue = {
  /**
   * Adds at the end. What waits already stays where it is; what was settled before waits again. The caller's
   * transaction holds the lock on the webhook's row.
   */
  add(transaction: Transaction, webhookId: string, deliveries: readonly NewDelivery[], now: Date): Promise<void>
  /** Takes the lease on webhooks that are due, the longest waiting first. */
  claim(options: ClaimOptions): Promise<readonly Webhook[]>
  /** The next delivery, if it is due. @returns null when there is none, or the lease is lost */
  next(webhookId: string, holder: string, now: Date): Promise<WebhookDelivery | null>
  /** Writes what became of an attempt and renews the lease. @returns false when the lease was lost: nothing is written */
  settle(delivery: WebhookDelivery, settlement: Settlement, lease: Lease): Promise<boolean>
  release(webhookId: string, holder: string): Promise<void>
  /** Forgets what was settled before. @returns how many, at most 1,000 */
  prune(settledBefore: Date): Promise<number>
}

export type Lease = { readonly holder: string; readonly now: Date; readonly leaseMs: number }
export type ClaimOptions = Lease & { readonly limit: number }

export function createDeliveryQueue(database: Database): DeliveryQueue {
  return {
    async add(transaction, webhookId, deliveries, now) {
      if (deliveries.length === 0) return
      await transaction.query(addText, [
        webhookId,
        deliveries.map(({ id }) => id),
        deliveries.map(({ kind }) => kind),
        deliveries.map(({ payload }) => payload),
        deliveries.map(({ cursor }) => cursor),
        now.toISOString(),
      ])
      await transaction.query(raiseText, [webhookId, deliveries.length, now.toISOString()])
    },
    async claim({ holder, now, leaseMs, limit }) {
      const until = new Date(now.getTime() + leaseMs)
      const { rows } = await database.query(claimText, [holder, now.toISOString(), until.toISOString(), limit])
      return rows.map(toWebhook)
    },
    async next(webhookId, holder, now) {
      const { rows } = await database.query(nextText, [webhookId, holder, now.toISOString()])
      return rows[0] === undefined ? null : toDelivery(rows[0])
    },
    settle: (delivery, settlement, lease) =>
      database.transaction(async (transaction) => {
        const until = new Date(lease.now.getTime() + lease.leaseMs).toISOString()
        const held = await transaction.query(holdText, [delivery.webhookId, lease.holder, until])
        if (held.rowCount === 0) return false
        const failed = settlement.kind === 'failed' ? settlement : null
        await transaction.query(settleText, [
          delivery.id,
          failed === null ? 'DELIVERED' : failed.nextAttemptAt === null ? 'DEAD' : 'PENDING',
          settlement.status,
          failed?.error ?? null,
          failed?.nextAttemptAt?.toISOString() ?? null,
          lease.now.toISOString(),
        ])
        await transaction.query(failed === null ? takenText : refusedText, [
          delivery.webhookId,
          lease.now.toISOString(),
          ...(failed === null
            ? [delivery.kind === 'PING']
            : [failed.openUntil?.toISOString() ?? null, failed.webhook?.state ?? null, failed.webhook?.reason ?? null]),
        ])
        await transaction.query(dueText, [delivery.webhookId])
        return true
      }),
    async release(webhookId, holder) {
      await database.query(releaseText, [webhookId, holder])
    },
    async prune(settledBefore) {
      const { rowCount } = await database.query(pruneText, [settledBefore.toISOString()])
      return rowCount
    },
  }
}

/** Sequences of repeated ones leave holes; only their order counts. */
const addText = `
  insert into webhooks.deliveries as known
    (id, webhook_id, sequence, kind, payload, cursor, state, next_attempt_at, created_at)
  select added.id, $1, (select last_sequence from webhooks.webhooks where id = $1) + added.place, added.kind,
    added.payload, added.cursor, 'PENDING', $6::timestamptz, $6::timestamptz
  from unnest($2::text[], $3::text[], $4::text[], $5::text[]) with ordinality
    as added (id, kind, payload, cursor, place)
  on conflict (id) do update set sequence = excluded.sequence, payload = excluded.payload, cursor = excluded.cursor,
    state = 'PENDING', attempts = 0, next_attempt_at = excluded.next_attempt_at, settled_at = null
  where known.state <> 'PENDING' and known.webhook_id = excluded.webhook_id`

const raiseText = `
  update webhooks.webhooks set last_sequence = last_sequence + $2,
    due_at = coalesce(due_at, greatest($3::timestamptz, open_until))
  where id = $1`

const claimText = `
  update webhooks.webhooks as webhook set leased_by = $1, leased_until = $3
  from (
    select id as due_id from webhooks.webhooks
    where due_at <= $2 and state in ('VERIFYING', 'ACTIVE') and (leased_until is null or leased_until <= $2)
    order by due_at limit $4 for update skip locked
  ) as due
  where webhook.id = due.due_id
  returning ${webhookColumns}`

const nextText = `
  select ${deliveryColumns} from webhooks.deliveries
  where webhook_id = $1 and state = 'PENDING' and exists (
    select 1 from webhooks.webhooks
    where id = $1 and leased_by = $2 and state in ('VERIFYING', 'ACTIVE') and due_at <= $3
  )
  order by sequence limit 1`

const holdText = `
  update webhooks.webhooks set leased_until = $3 where id = $1 and leased_by = $2`

const settleText = `
  update webhooks.deliveries set state = $2, attempts = attempts + 1, last_status = $3, last_error = $4,
    next_attempt_at = $5, last_attempt_at = $6,
    settled_at = case when $2 = 'PENDING' then null else $6::timestamptz end
  where id = $1`

const takenText = `
  update webhooks.webhooks set consecutive_failures = 0, failing_since = null, open_until = null,
    verified_at = case when $3 then coalesce(verified_at, $2::timestamptz) else verified_at end,
    state = case when $3 and state = 'VERIFYING' then 'ACTIVE' else state end
  where id = $1`

const refusedText = `
  update webhooks.webhooks set consecutive_failures = consecutive_failures + 1,
    failing_since = coalesce(failing_since, $2::timestamptz), open_until = $3::timestamptz,
    state = coalesce($4::text, state), state_reason = coalesce($5::text, state_reason)
  where id = $1`

/** The next attempt is that of the oldest that waits, and not before the breaker lets one through. */
export const dueText = `
  update webhooks.webhooks set due_at = (
    select greatest(next_attempt_at, open_until) from webhooks.deliveries
    where webhook_id = $1 and state = 'PENDING' order by sequence limit 1
  )
  where id = $1`

const releaseText = `
  update webhooks.webhooks set leased_by = null, leased_until = null where id = $1 and leased_by = $2`

const pruneText = `
  delete from webhooks.deliveries
  where id in (select id from webhooks.deliveries where settled_at < $1 order by settled_at limit 1000)`
