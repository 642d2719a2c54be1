import type { Database } from '../sql/database.ts'
import { createOneAtATime } from './one-at-a-time.ts'
import { createSubscribers } from './subscribers.ts'
import type { WakeBus } from './wake-bus.ts'

export type PostgresWakeBusOptions = {
  readonly database: Database
  /** Lower-case letters, digits and underscores. */
  readonly channel: string
}

/**
 * Wake-ups by LISTEN/NOTIFY. NOTIFY is sent by itself, after the commit it tells of: within a transaction it would
 * make commits queue behind one lock. At most one is under way; what is published meanwhile becomes one more.
 */
export function createPostgresWakeBus({ database, channel }: PostgresWakeBusOptions): WakeBus {
  const subscribers = createSubscribers()
  let listening: Promise<AsyncDisposable> | undefined
  const sending = createOneAtATime(async () => {
    await database.query('select pg_notify($1, $2)', [channel, ''])
  })

  return {
    publish: sending.run,
    subscribe(onWake) {
      listening ??= database.listen(channel, subscribers.tell)
      return subscribers.add(onWake)
    },
    async [Symbol.asyncDispose]() {
      await sending[Symbol.asyncDispose]()
      await (await listening)?.[Symbol.asyncDispose]()
    },
  }
}
