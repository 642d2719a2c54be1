import type { Clock } from '../clock.ts'
import type { Database } from '../sql/database.ts'
import type { Ingest, SourceDocument, WebhookRequest, WebhookSource } from './connector.ts'
import { type ConnectorLog, silentLog } from './log.ts'

export type InboxOutcome = {
  /** `duplicate`: the same message was received before; nothing was done again. */
  readonly status: 'accepted' | 'duplicate'
}

/** Takes in what outside systems push. */
export type Inbox = {
  /**
   * verify → identify → inbox → normalise → append. What was accepted is durable before this resolves; when its
   * documents cannot be delivered at once, `drain` does so later.
   *
   * @throws AppError `UNAUTHENTICATED` when the signature is wrong; `UPSTREAM_UNAVAILABLE` or `UPSTREAM_TIMEOUT` when
   * it could not be stored, so that the sender tries again
   */
  receive(source: WebhookSource, request: WebhookRequest): Promise<InboxOutcome>
  /** Delivers what was accepted and not delivered yet, oldest first, and forgets what is past `keepMs`. @returns how many messages it delivered */
  drain(): Promise<number>
}

export type InboxOptions = {
  readonly database: Database
  readonly ingest: Ingest
  readonly clock: Clock
  /** How long a message is known, so that a repetition is noticed. At least and by default 7 days. */
  readonly keepMs?: number
  readonly log?: ConnectorLog
}

/** The receiving end of push systems, over `connector.inbox`. Call `drain` at the start and every few seconds. */
export function createInbox(options: InboxOptions): Inbox {
  const { database, ingest, clock, keepMs = weekMs, log = silentLog } = options
  if (keepMs < weekMs) throw new RangeError(`Cannot keep messages for ${keepMs} ms: allowed is at least ${weekMs}`)

  async function deliver(system: string, messageKey: string, documents: readonly SourceDocument[]): Promise<void> {
    // A message may be delivered long after it came, by when a newer one may have passed it.
    for (let from = 0; from < documents.length; from += documentsPerDelivery) {
      await ingest.deliver({ system, documents: documents.slice(from, from + documentsPerDelivery), skipOlder: true })
    }
    await database.query('update connector.inbox set delivered_at = $3 where system = $1 and message_key = $2', [
      system,
      messageKey,
      clock(),
    ])
  }

  return {
    async receive(source, request) {
      source.verify(request)
      const { messageKey, documents } = source.identify(request)
      const { system } = source
      const { rowCount } = await database.query(
        `insert into connector.inbox (system, message_key, received_at, body, documents)
         values ($1, $2, $3, $4, $5::json) on conflict do nothing`,
        [system, messageKey, clock(), Buffer.from(request.rawBody), JSON.stringify(documents)],
      )
      if (rowCount === 0) return { status: 'duplicate' }
      try {
        await deliver(system, messageKey, documents)
      } catch (error) {
        log.warn('A message was accepted and waits for delivery', { system, error })
      }
      return { status: 'accepted' }
    },

    async drain() {
      const { rows } = await database.query<PendingRow>(
        `select system, message_key, documents from connector.inbox
         where delivered_at is null order by received_at, message_key limit ${messagesPerDrain}`,
        [],
      )
      for (const row of rows) await deliver(row.system, row.message_key, row.documents)
      await database.query(
        `delete from connector.inbox where ctid in (
           select ctid from connector.inbox where received_at < $1 and delivered_at is not null
           order by received_at limit ${messagesPerDrain})`,
        [new Date(clock().getTime() - keepMs)],
      )
      return rows.length
    },
  }
}

const weekMs = 7 * 24 * 3_600_000
const documentsPerDelivery = 500
const messagesPerDrain = 1_000

type PendingRow = {
  readonly system: string
  readonly message_key: string
  readonly documents: readonly SourceDocument[]
}
