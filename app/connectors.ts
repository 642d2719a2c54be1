import { systemClock } from '../platform/clock.ts'
import { createIdentityStore } from '../platform/connector/identity.ts'
import { createIngest } from '../platform/connector/ingest.ts'
import { createPostgresSource } from '../platform/connector/postgres-source.ts'
import { createProgressTeller } from '../platform/connector/progress.ts'
import { renormalizeStored } from '../platform/connector/renormalize.ts'
import { startConnectors } from '../platform/connector/run.ts'
import { createEstateSource } from '../platform/connector/static-source.ts'
import { pause } from '../platform/resilience/backoff.ts'
import type { DataLayer } from './data-layer.ts'
import { countDocuments } from './observability.ts'
import type { ProcessParts } from './process.ts'

export type FollowedSystems = {
  /** Resolves when all that every system had at the start is in the read models. */
  readonly complete: Promise<void>
  /** The systems not yet read whole. */
  pending(): readonly string[]
}

/** Follows every system of the estate until the process ends. */
export function followSystems(
  { config, closer, log, metrics, signal }: ProcessParts,
  data: DataLayer,
): FollowedSystems {
  const { store, estate, subgraphs, freshness, ids } = data
  const { background: database, eventLog } = store
  const partLog = log.child({ part: 'connector' })
  const clock = systemClock
  const handlers = subgraphs.flatMap((subgraph) => subgraph.sources)
  const uncounted = createIngest({
    database,
    eventLog,
    handlers,
    identities: createIdentityStore({ database, tenant: config.estate.tenant, ids }),
    tenant: config.estate.tenant,
    clock,
    log: partLog,
  })
  const ingest = countDocuments(uncounted, metrics)
  const onProgress = createProgressTeller((line) => partLog.info(`Reading ${line}`), clock)
  const running = closer.add(
    startConnectors({
      connectors: [
        createEstateSource(estate, { ingest, database, clock }),
        ...estate.systems.map((system) =>
          createPostgresSource({ system, estate: estate.name, ingest, database, clock, log: partLog, onProgress }),
        ),
      ],
      log: partLog,
    }),
    { name: 'connectors' },
  )
  data.rereads.attach(running.reread)
  const renormalized = renormalizeStored({ database, ingest, handlers, signal }).then(
    (count) => {
      if (count > 0) partLog.info('Stored documents were normalised again by newer rules', { documents: count })
    },
    (error: unknown) => {
      if (!signal.aborted)
        partLog.warn('Stored documents could not be normalised again; the next start tries', { error })
    },
  )
  closer.add({ [Symbol.asyncDispose]: () => renormalized }, { name: 'normalisation' })
  const complete = running.ready.then(async () => {
    await renormalized
    await data.caughtUp(signal)
    // Before every system's age is known, answers would call it unknown.
    while (freshness.all().some(({ syncedAt }) => syncedAt === null)) await pause(50, signal)
  })
  // An end of the process before it is complete is no fault.
  complete.catch(() => {})
  return { complete, pending: () => running.pending() }
}
