import { readFile } from 'node:fs/promises'
import type { GovernanceOptions } from '../gateway/governance.ts'
import { controlConcurrency } from '../gateway/lanes/control-concurrency.ts'
import { createLanes } from '../gateway/lanes/lanes.ts'
import { readManifest } from '../gateway/persisted/manifest.ts'
import { openPlansFile } from '../gateway/plans/plans-file.ts'
import { createLeasingRateLimiter } from '../gateway/rate-limit/leasing.ts'
import { createMemoryRateLimiter } from '../gateway/rate-limit/memory.ts'
import type { RateLimiter } from '../gateway/rate-limit/rate-limiter.ts'
import { createRedisRateLimiter } from '../gateway/rate-limit/redis.ts'
import { createResilientRateLimiter } from '../gateway/rate-limit/resilient.ts'
import { readSupergraphRules } from '../gateway/supergraph-rules.ts'
import { createGatewaySubgraph } from '../gateway/usage/gateway-subgraph.ts'
import { createPostgresUsageStore, usageMigrations } from '../gateway/usage/postgres.ts'
import { createUsageRecorder } from '../gateway/usage/usage-recorder.ts'
import { parseCalendar } from '../gateway/versions/calendar.ts'
import { assetPath } from '../platform/assets.ts'
import { systemClock } from '../platform/clock.ts'
import { migrate } from '../platform/sql/migrate.ts'
import type { HostableSubgraph } from '../platform/subgraph/host.ts'
import type { ProcessParts } from './process.ts'
import type { Store } from './store.ts'

export type Governance = {
  readonly options: GovernanceOptions
  /** What the gateway answers on its own. */
  readonly subgraph: HostableSubgraph
}

/** Requests run at once at first; from then on the limit follows how busy the process is. */
const initialConcurrency = 64

/** What bounds, prices and versions requests, as the configuration has it. */
export async function openGovernance(parts: ProcessParts, store: Store, supergraphSdl: string): Promise<Governance> {
  const { config, closer, log } = parts
  const { plansFile, operationsFile, documentationUrl } = config.governance
  await migrate(store.database, [usageMigrations()])
  const usageStore = createPostgresUsageStore(store.database)
  const usage = closer.add(
    createUsageRecorder({
      store: usageStore,
      clock: systemClock,
      onFailure: (error) => log.warn('Use of the schema could not be written and is not counted', { error }),
    }),
    { name: 'usage ledger' },
  )
  const plans = closer.add(
    await openPlansFile({
      path: plansFile === '' ? assetPath('policies/plans.json') : plansFile,
      onChange(change) {
        if (change.kind === 'taken') log.info('The plans file has changed and is in use')
        else log.error('The plans file has changed and is refused; the old plans go on', { reason: change.reason })
      },
    }),
    { name: 'plans' },
  )
  const lanes = createLanes(initialConcurrency)
  closer.add(controlConcurrency({ lanes }), { name: 'concurrency control' })
  const calendar = parseCalendar(await readFile(assetPath('schema/versions.json'), 'utf8'))
  const isProduction = config.process.environment === 'production'
  const { lifecycles } = readSupergraphRules(supergraphSdl)
  return {
    subgraph: createGatewaySubgraph({ lifecycles, calendar, clock: systemClock, usage: usageStore }),
    options: {
      mayIntrospect: (viewer) => !isProduction || viewer.kind !== 'anonymous',
      ...(operationsFile === '' ? {} : { manifest: await readManifest(operationsFile) }),
      versions: { calendar, clock: systemClock, documentationUrl, usage },
      plans,
      limiter: openLimiter(parts, store),
      lanes,
    },
  }
}

function openLimiter({ config, log }: ProcessParts, { redis }: Store): RateLimiter {
  const local = createMemoryRateLimiter({ clock: systemClock })
  if (redis === null) return local
  return createResilientRateLimiter({
    shared: createLeasingRateLimiter({ shared: createRedisRateLimiter({ redis }), clock: systemClock }),
    local,
    clock: systemClock,
    deadlineMs: config.redis.commandTimeoutMs,
    onDegraded: () => log.warn('Redis does not answer; each process limits by itself'),
  })
}
