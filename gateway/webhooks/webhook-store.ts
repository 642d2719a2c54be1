import { AppError } from '../../platform/errors/app-error.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { Database, Transaction } from '../../platform/sql/database.ts'
import { dueText } from './delivery-queue.ts'
import {
  type DeliveryState,
  deliveryColumns,
  type KeptSecret,
  noSuchWebhook,
  type OnDeadLetter,
  type Selection,
  toDelivery,
  toWebhook,
  type Webhook,
  type WebhookDelivery,
  webhookColumns,
} from './webhook.ts'

/** Whose a webhook is: every statement is bounded by it. `partnerId`: of a system, `system:` and its name. */
export type Owner = { readonly tenant: string; readonly clientId: string; readonly partnerId: string }

export type NewWebhook = {
  readonly id: string
  readonly viewer: Viewer
  readonly url: string
  readonly selection: Selection
  readonly onDeadLetter: OnDeadLetter
  readonly secrets: readonly KeptSecret[]
  readonly checkpoint: string
}

export type DeliveryFilter = {
  readonly state: DeliveryState | null
  readonly before: bigint | null
  readonly limit: number
}

export type ReplayFilter = { readonly since: Date | null; readonly deadOnly: boolean }

/** What partners keep here, as they themselves may change it. */
export type WebhookStore = {
  /** @throws AppError `RATE_LIMITED` when the owner has `most` already */
  add(transaction: Transaction, owner: Owner, webhook: NewWebhook, most: number, now: Date): Promise<void>
  find(owner: Owner, id: string): Promise<Webhook | null>
  list(owner: Owner): Promise<readonly Webhook[]>
  /** Locks the row. @throws AppError `NOT_FOUND` */
  lock(transaction: Transaction, owner: Owner, id: string): Promise<Webhook>
  setSecrets(transaction: Transaction, id: string, secrets: readonly KeptSecret[]): Promise<void>
  setCheckpoint(transaction: Transaction, id: string, checkpoint: string, now: Date): Promise<void>
  pause(transaction: Transaction, id: string, reason: string): Promise<void>
  /** Whatever waits is tried at once, as if nothing had failed before. */
  resume(transaction: Transaction, id: string, now: Date): Promise<void>
  remove(owner: Owner, id: string): Promise<boolean>
  /** Settled deliveries wait again, in their old order. @returns how many */
  replay(transaction: Transaction, id: string, filter: ReplayFilter, most: number, now: Date): Promise<number>
  /** Newest first. */
  deliveries(id: string, filter: DeliveryFilter): Promise<readonly WebhookDelivery[]>
  pending(ids: readonly string[]): Promise<ReadonlyMap<string, number>>
}

/** Every webhook of one owner, and more than anyone may have. */
const mostListed = 200

export function createWebhookStore(database: Database): WebhookStore {
  const ofOwner = ({ tenant, clientId, partnerId }: Owner) => [tenant, partnerId, clientId]
  return {
    async add(transaction, owner, webhook, most, now) {
      await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 7300035))', [
        ofOwner(owner).join('\n'),
      ])
      const { rows } = await transaction.query<{ count: number }>(countText, ofOwner(owner))
      if ((rows[0]?.count ?? 0) >= most) {
        throw new AppError('RATE_LIMITED', `Cannot register the webhook: you have ${most}, allowed is ${most}`, {
          details: { allowed: most },
          retryable: false,
        })
      }
      const { selection } = webhook
      await transaction.query(insertText, [
        webhook.id,
        ...ofOwner(owner),
        JSON.stringify(webhook.viewer),
        webhook.url,
        selection.operation,
        selection.operationName,
        JSON.stringify(selection.variables),
        selection.version,
        webhook.onDeadLetter,
        JSON.stringify(webhook.secrets),
        webhook.checkpoint,
        now.toISOString(),
      ])
    },
    async find(owner, id) {
      const { rows } = await database.query(findText, [...ofOwner(owner), id])
      return rows[0] === undefined ? null : toWebhook(rows[0])
    },
    async list(owner) {
      const { rows } = await database.query(listText, ofOwner(owner))
      return rows.map(toWebhook)
    },
    async lock(transaction, owner, id) {
      const { rows } = await transaction.query(`${findText} for update`, [...ofOwner(owner), id])
      if (rows[0] === undefined) throw noSuchWebhook(id)
      return toWebhook(rows[0])
    },
    async setSecrets(transaction, id, secrets) {
      await transaction.query('update webhooks.webhooks set secrets = $2 where id = $1', [id, JSON.stringify(secrets)])
    },
    async setCheckpoint(transaction, id, checkpoint, now) {
      await transaction.query(checkpointText, [id, checkpoint, now.toISOString()])
    },
    async pause(transaction, id, reason) {
      await transaction.query(pauseText, [id, reason])
    },
    async resume(transaction, id, now) {
      await transaction.query(resumeText, [id])
      await transaction.query(retryText, [id, now.toISOString()])
      await transaction.query(dueText, [id])
    },
    async remove(owner, id) {
      const { rowCount } = await database.query(removeText, [...ofOwner(owner), id])
      return rowCount > 0
    },
    async replay(transaction, id, { since, deadOnly }, most, now) {
      const values = [id, since?.toISOString() ?? null, deadOnly]
      const { rows } = await transaction.query<{ count: number }>(replayableText, values)
      const count = rows[0]?.count ?? 0
      if (count > most) {
        throw new AppError(
          'BAD_USER_INPUT',
          `Cannot replay: it would be ${count} deliveries, allowed is at most ${most}; choose a later moment`,
          { details: { argument: 'since', got: count, allowed: most } },
        )
      }
      await transaction.query(replayText, [...values, now.toISOString()])
      await transaction.query(dueText, [id])
      return count
    },
    async deliveries(id, { state, before, limit }) {
      const { rows } = await database.query(deliveriesText, [id, state, before, limit])
      return rows.map(toDelivery)
    },
    async pending(ids) {
      const { rows } = await database.query<{ webhook_id: string; count: number }>(pendingText, [ids])
      return new Map(rows.map(({ webhook_id, count }) => [webhook_id, count]))
    },
  }
}

const owned = 'tenant = $1 and partner_id = $2 and client_id = $3'

const countText = `select count(*)::int as count from webhooks.webhooks where ${owned}`

const insertText = `
  insert into webhooks.webhooks (id, tenant, partner_id, client_id, viewer, url, operation, operation_name, variables,
    version, on_dead_letter, state, secrets, checkpoint, checkpoint_at, created_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'VERIFYING', $12, $13, $14, $14)`

const findText = `select ${webhookColumns} from webhooks.webhooks where ${owned} and id = $4`

const listText = `select ${webhookColumns} from webhooks.webhooks where ${owned} order by id limit ${mostListed}`

/** Who feeds it has another place in mind, and must look again. */
const checkpointText = `
  update webhooks.webhooks set checkpoint = $2, checkpoint_at = $3, fed_by = null, fed_until = null where id = $1`

const pauseText = `
  update webhooks.webhooks set state = 'PAUSED', state_reason = $2, fed_by = null, fed_until = null where id = $1`

const resumeText = `
  update webhooks.webhooks set state = case when verified_at is null then 'VERIFYING' else 'ACTIVE' end,
    state_reason = null, consecutive_failures = 0, failing_since = null, open_until = null
  where id = $1`

const retryText = `
  update webhooks.deliveries set next_attempt_at = $2
  where id = (select id from webhooks.deliveries where webhook_id = $1 and state = 'PENDING' order by sequence limit 1)`

const removeText = `delete from webhooks.webhooks where ${owned} and id = $4`

const replayable = `webhook_id = $1 and state <> 'PENDING' and ($2::timestamptz is null or created_at >= $2)
  and (state = 'DEAD' or not $3)`

const replayableText = `select count(*)::int as count from webhooks.deliveries where ${replayable}`

const replayText = `
  update webhooks.deliveries set state = 'PENDING', attempts = 0, next_attempt_at = $4, settled_at = null
  where ${replayable}`

const deliveriesText = `
  select ${deliveryColumns} from webhooks.deliveries
  where webhook_id = $1 and ($2::text is null or state = $2) and ($3::bigint is null or sequence < $3)
  order by sequence desc limit $4`

const pendingText = `
  select webhook_id, count(*)::int as count from webhooks.deliveries
  where webhook_id = any ($1::text[]) and state = 'PENDING' group by webhook_id`
