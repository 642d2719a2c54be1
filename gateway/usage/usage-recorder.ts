import type { Clock } from '../../platform/clock.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import type { UsageEntry, UsageStore } from './usage-store.ts'

export type UsageRecorder = AsyncDisposable & {
  /** Costs two look-ups; never waits and never fails. The list must be the same object for the same operation. */
  record(viewer: Viewer, version: string, coordinates: readonly string[]): void
  /** Writes what was recorded by now; rejects when the store does. */
  flush(): Promise<void>
  /** Records that found no place since the last flush. */
  dropped(): number
}

export type UsageRecorderOptions = {
  readonly store: UsageStore
  readonly clock: Clock
  readonly onFailure: (error: unknown) => void
  /** Default 5,000. */
  readonly flushIntervalMs?: number
  /** Operations of clients kept between flushes; further ones are dropped and counted. Default 20,000. */
  readonly maxEntries?: number
}

type Seen = { uses: number; lastSeenMs: number }
type ClientUse = {
  readonly tenant: string
  readonly clientId: string
  readonly version: string
  readonly operations: Map<readonly string[], Seen>
}

/** Rows of one statement. */
const rowsPerWrite = 2_000

/** Gathers use in memory and writes it every few seconds. What a killed process had not written is lost. */
export function createUsageRecorder(options: UsageRecorderOptions): UsageRecorder {
  const { store, clock, maxEntries = 20_000 } = options
  let clients = new Map<string, ClientUse>()
  let entries = 0
  let dropped = 0
  let flushing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    flush().catch(options.onFailure)
  }, options.flushIntervalMs ?? 5_000)
  timer.unref()

  function flush(): Promise<void> {
    flushing = flushing.catch(() => {}).then(write)
    return flushing
  }

  async function write(): Promise<void> {
    const taken = clients
    clients = new Map()
    entries = 0
    dropped = 0
    const rows = toRows(taken)
    for (let start = 0; start < rows.length; start += rowsPerWrite) {
      await store.add(rows.slice(start, start + rowsPerWrite))
    }
  }

  return {
    record({ tenant, clientId }, version, coordinates) {
      const key = `${tenant}\n${clientId}\n${version}`
      let client = clients.get(key)
      if (client === undefined) {
        if (entries >= maxEntries) {
          dropped += 1
          return
        }
        client = { tenant, clientId, version, operations: new Map() }
        clients.set(key, client)
      }
      const seen = client.operations.get(coordinates)
      if (seen !== undefined) {
        seen.uses += 1
        seen.lastSeenMs = clock().getTime()
      } else if (entries < maxEntries) {
        entries += 1
        client.operations.set(coordinates, { uses: 1, lastSeenMs: clock().getTime() })
      } else dropped += 1
    },
    flush,
    dropped: () => dropped,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await flush().catch(options.onFailure)
    },
  }
}

function toRows(clients: ReadonlyMap<string, ClientUse>): readonly UsageEntry[] {
  const rows: UsageEntry[] = []
  for (const { tenant, clientId, version, operations } of clients.values()) {
    const merged = new Map<string, Seen>()
    for (const [coordinates, { uses, lastSeenMs }] of operations) {
      for (const coordinate of coordinates) {
        const seen = merged.get(coordinate)
        if (seen === undefined) merged.set(coordinate, { uses, lastSeenMs })
        else {
          seen.uses += uses
          seen.lastSeenMs = Math.max(seen.lastSeenMs, lastSeenMs)
        }
      }
    }
    for (const [coordinate, { uses, lastSeenMs }] of merged) {
      rows.push({ tenant, clientId, version, coordinate, uses, lastSeenAt: new Date(lastSeenMs) })
    }
  }
  return rows
}
