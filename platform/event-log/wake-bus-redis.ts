import type { Redis } from 'ioredis'
import { createSubscribers } from './subscribers.ts'
import type { WakeBus } from './wake-bus.ts'

export type RedisWakeBusOptions = {
  /** For publishing; may be shared. Not closed here. */
  readonly redis: Redis
  readonly channel: string
}

/** Wake-ups by Redis pub/sub: a connection of its own listens, reconnecting by itself. Losing Redis costs latency only. */
export function createRedisWakeBus({ redis, channel }: RedisWakeBusOptions): WakeBus {
  const subscribers = createSubscribers()
  let listener: Redis | undefined
  let sending: Promise<void> | null = null
  let again = false
  let closed = false

  async function send(): Promise<void> {
    do {
      again = false
      // While Redis is away, nothing is queued for it: readers poll.
      if (redis.status === 'ready') await redis.publish(channel, '').catch(() => {})
    } while (again && !closed)
    sending = null
  }

  function listen(): Redis {
    const connection = redis.duplicate({ lazyConnect: false, autoResubscribe: false })
    connection.on('error', () => {})
    connection.on('message', subscribers.tell)
    connection.on('ready', () => {
      connection.subscribe(channel).then(subscribers.tell, () => {})
    })
    return connection
  }

  return {
    publish() {
      if (closed) return
      if (sending === null) sending = send()
      else again = true
    },
    subscribe(onWake) {
      listener ??= listen()
      return subscribers.add(onWake)
    },
    async [Symbol.asyncDispose]() {
      closed = true
      await sending
      listener?.disconnect()
    },
  }
}
