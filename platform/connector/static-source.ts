import type { Clock } from '../clock.ts'
import type { JsonObject } from '../event-log/event-log.ts'
import type { Database } from '../sql/database.ts'
import { createBackoff, pause } from './backoff.ts'
import type { Connector, Ingest, SourceDocument } from './connector.ts'
import { type Estate, estateSystem } from './estate.ts'
import { createReadiness } from './readiness.ts'
import { createSyncState } from './sync-state.ts'

export type StaticDocument = { readonly key: string; readonly data: JsonObject }

export type StaticSourceOptions = {
  readonly system: string
  readonly kind: string
  /** At most 4,000. */
  readonly documents: readonly StaticDocument[]
  readonly ingest: Ingest
  readonly database: Database
  readonly clock: Clock
}

/** Delivers documents that are known at the start, and as gone those an earlier start delivered and this one does not know. */
export function createStaticSource(options: StaticSourceOptions): Connector {
  const { system, kind, documents, ingest, database, clock } = options
  const syncState = createSyncState({ database, system, clock })
  const readiness = createReadiness(system)
  const stop = new AbortController()
  let running: Promise<void> | null = null

  async function deliver(): Promise<void> {
    const receivedAt = clock().toISOString()
    const { rows } = await database.query<{ key: string }>(
      'select key from connector.source_documents where system = $1 and kind = $2 and not deleted limit 1000',
      [system, kind],
    )
    const known = new Set(documents.map(({ key }) => key))
    const toDocument = (key: string, data: JsonObject | null): SourceDocument => ({
      system,
      kind,
      key,
      data,
      receivedAt,
    })
    await ingest.deliver({
      system,
      documents: [
        ...documents.map(({ key, data }) => toDocument(key, data)),
        ...rows.filter(({ key }) => !known.has(key)).map(({ key }) => toDocument(key, null)),
      ],
    })
  }

  async function runLoop(signal: AbortSignal): Promise<void> {
    const backoff = createBackoff()
    for (let delivered = false; !signal.aborted; ) {
      try {
        if (!delivered) await deliver()
        delivered = true
        readiness.resolve()
        await syncState.report({ state: 'live', syncedAt: clock() })
        await pause(aliveMs, signal)
      } catch {
        await syncState.report({ state: 'retrying', lastError: 'the store could not be written' })
        await backoff.wait(signal)
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

/** The channels of an estate file, as `channel` documents of system `estate`. */
export function createEstateSource(
  estate: Pick<Estate, 'channels'>,
  deps: Pick<StaticSourceOptions, 'ingest' | 'database' | 'clock'>,
): Connector {
  const documents = estate.channels.map((channel) => ({ key: channel.id, data: toJson(channel) }))
  return createStaticSource({ ...deps, system: estateSystem, kind: 'channel', documents })
}

function toJson(channel: Estate['channels'][number]): JsonObject {
  return JSON.parse(JSON.stringify(channel))
}
