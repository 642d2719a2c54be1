import type { Connector } from './connector.ts'
import { type ConnectorLog, silentLog } from './log.ts'
import type { Reread } from './reread.ts'

export type RunningConnectors = AsyncDisposable & {
  /** Resolves when every system's first complete read is in the log; rejects with `SHUTTING_DOWN` when stopped before. */
  readonly ready: Promise<void>
  /** The systems whose first complete read is not in the log yet. */
  pending(): readonly string[]
  readonly reread: Reread
}

export type StartConnectorsOptions = {
  /** Owned from here on: disposed with the result. */
  readonly connectors: readonly Connector[]
  readonly log?: ConnectorLog
}

/** Runs every connector until disposed. One that breaks, which a source's fault never causes, is logged and does not stop the others. */
export function startConnectors(options: StartConnectorsOptions): RunningConnectors {
  const { connectors, log = silentLog } = options
  const stop = new AbortController()
  const pending = new Set(connectors.map(({ system }) => system))
  const running = connectors.map(async (connector) => {
    try {
      await connector.run(stop.signal)
    } catch (error) {
      log.warn(`System ${connector.system} is not read any more: its connector broke`, {
        system: connector.system,
        error,
      })
    }
  })
  const ready = Promise.all(
    connectors.map(async (connector) => {
      await connector.ready
      pending.delete(connector.system)
    }),
  ).then(() => {})
  // Nobody may be waiting for it.
  ready.catch(() => {})
  return {
    ready,
    pending: () => [...pending],
    reread: async (system, kind, signal) =>
      (await connectors.find((connector) => connector.system === system)?.reread?.(kind, signal)) ?? false,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(running)
      await Promise.all(connectors.map((connector) => connector[Symbol.asyncDispose]()))
    },
  }
}
