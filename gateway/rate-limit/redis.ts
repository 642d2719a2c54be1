import type { Redis } from 'ioredis'
import { toDecision } from './memory.ts'
import type { RateLimiter } from './rate-limiter.ts'

// Time is Redis's own, so gateways with skewed clocks share one bucket. Fractions of points are kept as text.
const SPEND = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local maximum, rate, points = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'a', 't')
local available = maximum
if state[1] then
  available = math.min(maximum, tonumber(state[1]) + math.max(0, now - tonumber(state[2])) * rate / 1000)
end
local allowed = 0
if points < 0 then
  available = math.min(maximum, available - points)
  allowed = 1
elseif available >= points then
  available = available - points
  allowed = 1
end
redis.call('HSET', KEYS[1], 'a', tostring(available), 't', now)
redis.call('PEXPIRE', KEYS[1], math.ceil((maximum - available) / rate * 1000) + 1000)
return {allowed, tostring(available)}
`

export type RedisRateLimiterOptions = {
  readonly redis: Redis
  /** First part of every Redis key. Default `storeloom:rate:`. */
  readonly prefix?: string
}

/**
 * Buckets that all gateway processes share. A bucket that is full again expires by itself.
 * @throws whatever Redis does; `createResilientRateLimiter` turns that into local limits
 */
export function createRedisRateLimiter({ redis, prefix = 'storeloom:rate:' }: RedisRateLimiterOptions): RateLimiter {
  redis.defineCommand('storeloomSpend', { numberOfKeys: 1, lua: SPEND })
  const spend = (key: string, maximum: number, rate: number, points: number): Promise<unknown> =>
    Reflect.apply(Reflect.get(redis, 'storeloomSpend'), redis, [prefix + key, maximum, rate, points])

  return {
    async charge(key, points, plan) {
      const [allowed, available] = parseReply(await spend(key, plan.maximum, plan.restoreRate, points))
      return toDecision(allowed, available, points, plan, false)
    },
    async refund(key, points, plan) {
      if (points > 0) await spend(key, plan.maximum, plan.restoreRate, -points)
    },
  }
}

function parseReply(reply: unknown): readonly [boolean, number] {
  if (!Array.isArray(reply)) throw new TypeError(`Cannot read a bucket: expected two values, got ${typeof reply}`)
  return [Number(reply[0]) === 1, Number(reply[1])]
}
