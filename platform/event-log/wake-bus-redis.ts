import { randomUUID } from 'node:crypto'
import { RedisPubSub } from 'graphql-redis-subscriptions'
import type { Redis } from 'ioredis'
import { createOneAtATime } from './one-at-a-time.ts'
import { createSubscribers } from './subscribers.ts'
import { restMs, type WakeBus } from './wake-bus.ts'

export type RedisWakeBusOptions = {
  /** For publishing; may be shared. Not closed here. */
  readonly redis: Redis
  readonly channel: string
}

/** Wake-ups by Redis pub/sub: a connection of its own listens, reconnecting by itself. Losing Redis costs latency only. */
export function createRedisWakeBus({ redis, channel }: RedisWakeBusOptions): WakeBus {
  const subscribers = createSubscribers()
  const self = randomUUID()
  let listener: Redis | undefined
  // It would answer an error with one of its own listeners, on a connection that others share.
  const pubSub = (subscriber: Redis) => new RedisPubSub({ publisher: redis, subscriber, connectionListener: () => {} })
  const sender = pubSub(redis)

  const sending = createOneAtATime(async () => {
    // While Redis is away, nothing is queued for it: readers poll.
    if (redis.status === 'ready') await sender.publish(channel, self)
  }, restMs)

  const hear = (from: unknown): void => {
    if (from !== self) subscribers.tell()
  }

  function listen(): Redis {
    const connection = redis.duplicate({ lazyConnect: false, autoResubscribe: true })
    const receiver = pubSub(connection)
    let subscribed = false
    connection.on('error', () => {})
    connection.on('ready', () => {
      // Messages sent while it was away are lost, so whoever waits looks for itself.
      if (subscribed) return subscribers.tell()
      receiver.subscribe(channel, hear).then(
        () => {
          subscribed = true
          subscribers.tell()
        },
        () => {},
      )
    })
    return connection
  }

  return {
    publish: sending.run,
    subscribe(onWake) {
      listener ??= listen()
      return subscribers.add(onWake)
    },
    async [Symbol.asyncDispose]() {
      await sending[Symbol.asyncDispose]()
      listener?.disconnect()
    },
  }
}
