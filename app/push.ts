import type { PushOptions } from '../gateway/push/push.ts'
import { createPushMetrics } from '../gateway/push/push-observer.ts'
import type { LogPosition } from '../platform/event-log/event-log.ts'
import type { DataLayer } from './data-layer.ts'
import type { Identity } from './identity.ts'
import type { ProcessParts } from './process.ts'
import { keepSecret } from './secrets.ts'

/** A read model further behind than this does not hold up what is told: the event itself says what happened. */
const settleTimeoutMs = 5_000

/** Subscriptions over the event log of this store. */
export async function openPush(
  { config, log, metrics }: ProcessParts,
  data: DataLayer,
  { isStillValid }: Pick<Identity, 'isStillValid'>,
): Promise<PushOptions> {
  const { store, follower } = data
  const { cursorSecrets, ...limits } = config.push
  const previous = cursorSecrets.split(',').filter((secret) => secret !== '')
  const secret = await keepSecret(config.cursor.secret, config.database.dataDir, 'cursor')
  return {
    eventLog: store.eventLog,
    cursorSecrets: [secret, ...previous],
    observer: createPushMetrics(metrics),
    isStillValid: async ({ viewer }) => isStillValid(viewer),
    limits: { ...limits, messageLimitBytes: config.server.bodyLimitBytes },
    async settle(position: LogPosition, signal: AbortSignal) {
      const late = AbortSignal.timeout(settleTimeoutMs)
      try {
        await follower.shows(position, AbortSignal.any([signal, late]))
      } catch (error) {
        if (late.aborted) log.warn('Events are told before every read model shows them')
        else if (!signal.aborted) throw error
      }
    },
  }
}
