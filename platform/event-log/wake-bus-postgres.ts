import { randomUUID } from 'node:crypto'
import type { Database } from '../sql/database.ts'
import { createOneAtATime } from './one-at-a-time.ts'
import { createSubscribers } from './subscribers.ts'
import { restMs, type WakeBus } from './wake-bus.ts'

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
  const self = randomUUID()
  let listening: Promise<AsyncDisposable> | undefined
  const sending = createOneAtATime(async () => {
    await database.query(notifyText, [channel, self])
  }, restMs)

  const hear = (sender: string | null): void => {
    if (sender !== self) subscribers.tell()
  }

  return {
    publish: sending.run,
    subscribe(onWake) {
      listening ??= database.listen(channel, hear)
      return subscribers.add(onWake)
    },
    async [Symbol.asyncDispose]() {
      await sending[Symbol.asyncDispose]()
      await (await listening)?.[Symbol.asyncDispose]()
    },
  }
}

/** Who reads a notification reads what was committed before it, so its own commit need not be on disk: a lost one costs latency only. */
const notifyText = `select set_config('synchronous_commit', 'off', true), pg_notify($1, $2)`
