import type { Clock } from '../platform/clock.ts'
import type { Viewer } from '../platform/identity/viewer.ts'
import { createCostStage } from './cost/cost-stage.ts'
import { createOperationFacts } from './cost/operation-facts.ts'
import { createLaneStage } from './lanes/lane-stage.ts'
import type { Lanes } from './lanes/lanes.ts'
import { createLimitsStage } from './limits/limits-stage.ts'
import { defaultVariableLimits, type VariableLimits } from './limits/variable-limits.ts'
import type { FormatError } from './mask-errors.ts'
import { createParseStage } from './parse.ts'
import type { OperationManifest } from './persisted/manifest.ts'
import { createPersistedOperations } from './persisted/persisted-operations.ts'
import type { Stage } from './pipeline.ts'
import type { Plans } from './plans/plans.ts'
import type { RateLimiter } from './rate-limit/rate-limiter.ts'
import { createRateStage } from './rate-limit/rate-stage.ts'
import type { UsageRecorder } from './usage/usage-recorder.ts'
import type { VersionCalendar } from './versions/calendar.ts'
import { createVersionStage } from './versions/version-stage.ts'
import type { KnownOperation } from './warm-up.ts'

/** What bounds, prices and versions requests. Each part may be left out; the limits on documents never are. */
export type GovernanceOptions = {
  readonly variableLimits?: VariableLimits
  /** Whether a viewer may ask what the schema is. Default: all may. */
  readonly mayIntrospect?: (viewer: Viewer) => boolean
  /** Documents registered ahead of time. */
  readonly manifest?: OperationManifest
  readonly versions?: {
    readonly calendar: VersionCalendar
    readonly clock: Clock
    readonly documentationUrl: string
    readonly usage: Pick<UsageRecorder, 'record'>
  }
  /** Prices requests and says which clients must run registered documents. */
  readonly plans?: Plans
  /** Charges prices; needs plans. */
  readonly limiter?: RateLimiter
  readonly lanes?: Lanes
}

/** Most items a page may be asked to have. */
const maxPageSize = 100

type StageDeps = { readonly format: FormatError; readonly onInternal: (error: unknown) => void }

/** The stages that bound, price and version, of the parts that are there. */
export function createGovernanceStages(
  options: GovernanceOptions,
  { format, onInternal }: StageDeps,
): readonly Stage[] {
  const { versions, plans, limiter, lanes, manifest, mayIntrospect = () => true } = options
  const factsOf = createOperationFacts()
  const persisted = createPersistedOperations({
    ...(manifest === undefined ? {} : { manifest }),
    ...(plans === undefined ? {} : { isRequired: (viewer: Viewer) => plans.of(viewer).persistedOnly }),
  })
  return [
    createParseStage({ format, persisted, mayIntrospect }),
    createLimitsStage(options.variableLimits ?? defaultVariableLimits),
    ...(versions === undefined ? [] : [createVersionStage(versions)]),
    ...(plans === undefined ? [] : [createCostStage({ plans, factsOf, maxPageSize })]),
    ...(plans === undefined || limiter === undefined
      ? []
      : [createRateStage({ limiter, plans, factsOf, format, onFailure: onInternal })]),
    ...(lanes === undefined ? [] : [createLaneStage(lanes)]),
  ]
}

/** What clients registered, in the version they get when they name none. */
export function registeredOperations({ manifest, versions }: GovernanceOptions = {}): readonly KnownOperation[] {
  const version = versions?.calendar.newest(versions.clock()).name ?? 'unversioned'
  return manifest?.operations.map((operation) => ({ ...operation, version })) ?? []
}
