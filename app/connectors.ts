import { systemClock } from '../platform/clock.ts'
import type { Connector, SourceDocument } from '../platform/connector/connector.ts'
import { type EstateChannel, estateSystem } from '../platform/connector/estate.ts'
import { createIdentityStore } from '../platform/connector/identity.ts'
import { createIngest } from '../platform/connector/ingest.ts'
import { createPostgresSource } from '../platform/connector/postgres-source.ts'
import type { DataLayer, ProcessParts } from './data-layer.ts'

export type RunningConnectors = {
  /** Resolves when every system was read whole once and the read models have it all. */
  readonly complete: Promise<void>
  /** Names of the systems not yet read whole. */
  readonly waitingFor: () => readonly string[]
}

/** Follows every system of the estate until the process ends. */
export async function startConnectors(
  { config, closer, log, signal }: ProcessParts,
  { store, estate, subgraphs, projector, ids }: DataLayer,
): Promise<RunningConnectors> {
  const { database, eventLog } = store
  const connectorLog = log.child({ part: 'connector' })
  const ingest = createIngest({
    database,
    eventLog,
    handlers: subgraphs.flatMap((subgraph) => subgraph.sources),
    identities: createIdentityStore({ database, tenant: config.estate.tenant, ids }),
    tenant: config.estate.tenant,
    clock: systemClock,
    log: connectorLog,
  })
  await ingest.deliver({ system: estateSystem, documents: estate.channels.map(toDocument) })

  const waiting = new Set<string>()
  const connectors: Connector[] = estate.systems.map((system) =>
    createPostgresSource({
      system,
      estate: estate.name,
      ingest,
      database,
      clock: systemClock,
      log: connectorLog,
      onProgress: (progress) => connectorLog.info('Reading', { ...progress }),
    }),
  )
  for (const connector of connectors) {
    closer.add(connector, { name: `connector ${connector.system}` })
    waiting.add(connector.system)
    void connector.run(signal)
  }
  const complete = Promise.all(
    connectors.map(async (connector) => {
      await connector.ready
      waiting.delete(connector.system)
    }),
  ).then(async () => projector.caughtUp(await eventLog.head(), signal))
  // Whether someone waits for it or not, an end of the process before it is complete is no fault.
  complete.catch(() => {})
  return { complete, waitingFor: () => [...waiting] }
}

const toDocument = (channel: EstateChannel): SourceDocument => ({
  system: estateSystem,
  kind: 'channel',
  key: channel.id,
  data: JSON.parse(JSON.stringify(channel)),
  receivedAt: systemClock().toISOString(),
})
