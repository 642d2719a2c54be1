import type { Clock } from '../clock.ts'
import type { JsonObject } from '../event-log/event-log.ts'
import { createBackoff, pause } from '../resilience/backoff.ts'
import type { Database } from '../sql/database.ts'
import type { Connector, Ingest, SourceDocument } from './connector.ts'
import { type Estate, estateSystem } from './estate.ts'
import { createReadiness } from './readiness.ts'
import { createSyncState } from './sync-state.ts'

export type StaticDocument = { readonly kind: string; readonly key: string; readonly data: JsonObject }

export type StaticSourceOptions = {
  readonly system: string
  /** At most 4,000, of any kinds. */
  readonly documents: readonly StaticDocument[]
  readonly ingest: Ingest
  readonly database: Database
  readonly clock: Clock
}

/** Delivers documents that are known at the start, and as gone those an earlier start delivered and this one does not know. */
export function createStaticSource(options: StaticSourceOptions): Connector {
  const { system, documents, ingest, database, clock } = options
  const syncState = createSyncState({ database, system, clock })
  const readiness = createReadiness(system)
  const stop = new AbortController()
  let running: Promise<void> | null = null

  async function deliver(): Promise<void> {
    const receivedAt = clock().toISOString()
    const { rows } = await database.query<{ kind: string; key: string }>(
      `select kind, key from connector.source_documents where system = $1 and not deleted
       and (kind, key) not in (select * from unnest($2::text[], $3::text[])) limit 1000`,
      [system, documents.map(({ kind }) => kind), documents.map(({ key }) => key)],
    )
    const toDocument = (kind: string, key: string, data: JsonObject | null): SourceDocument => ({
      system,
      kind,
      key,
      data,
      receivedAt,
    })
    await ingest.deliver({
      system,
      documents: [
        ...documents.map(({ kind, key, data }) => toDocument(kind, key, data)),
        ...rows.map(({ kind, key }) => toDocument(kind, key, null)),
      ],
    })
  }

  async function runLoop(signal: AbortSignal): Promise<void> {
    const backoff = createBackoff({ baseMs: 200, capMs: 10_000 })
    for (let delivered = false; !signal.aborted; ) {
      try {
        if (!delivered) await deliver()
        delivered = true
        readiness.resolve()
        await syncState.report({ state: 'live', syncedAt: clock() })
        await pause(aliveMs, signal)
      } catch {
        await syncState.report({ state: 'retrying', lastError: 'the store could not be written' })
        await pause(backoff.nextMs(), signal)
      }
    }
    readiness.stopped()
    await syncState.report({ state: 'stopped' })
  }

  return {
    system,
    ready: readiness.promise,
    run(signal) {
      running ??= runLoop(AbortSignal.any([signal, stop.signal]))
      return running
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await running
    },
  }
}

/** How fresh what the estate file itself says is: it cannot change while the process lives. */
export const estateFreshness = { softTtlMs: 60_000, hardTtlMs: 300_000 } as const

const aliveMs = 5_000

/** What an estate file says by itself, as documents of system `estate`: its channels, and those of any kind. */
export function createEstateSource(
  estate: Pick<Estate, 'channels' | 'documents'>,
  deps: Pick<StaticSourceOptions, 'ingest' | 'database' | 'clock'>,
): Connector {
  const channels = estate.channels.map((channel) => ({ kind: 'channel', key: channel.id, data: toJson(channel) }))
  const documents = estate.documents.map(({ kind, key, data }) => ({ kind, key, data: toJson(data) }))
  return createStaticSource({ ...deps, system: estateSystem, documents: [...channels, ...documents] })
}

function toJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value))
}
