import type { DemoSystem } from '../estates/demo/rows.ts'
import type { DemoSize } from '../estates/demo/size.ts'
import type { Config } from '../platform/config.ts'
import type { Closer } from '../platform/lifecycle.ts'
import type { Log } from '../platform/telemetry/log.ts'
import type { Metrics } from '../platform/telemetry/metrics.ts'

/** What tests set of the demo retailer. */
export type DemoOverrides = {
  readonly size?: DemoSize
  /** So that its databases can stand beside others. */
  readonly databasePrefix?: string
  /** Other ways to its systems than the direct one, such as a wire that can be cut. */
  readonly sourceUrls?: Partial<Readonly<Record<DemoSystem, string>>>
}

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
