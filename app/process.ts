import type { DemoSize } from '../estates/demo/size.ts'
import type { Config } from '../platform/config.ts'
import type { Closer } from '../platform/lifecycle.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'

/** What tests set of the demo retailer: how small it is, and under which names its databases stand beside others. */
export type DemoOverrides = { readonly size?: DemoSize; readonly databasePrefix?: string }

/** What every part of a process is built with, whatever the process serves. */
export type ProcessParts = {
  readonly config: Config
  /** For the estate file, whose credentials come from the environment. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly closer: Closer
  readonly log: Log
  readonly metrics: Metrics
  /** Aborts when the process begins to end. */
  readonly signal: AbortSignal
  readonly demo: DemoOverrides
}
