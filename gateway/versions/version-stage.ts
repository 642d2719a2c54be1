import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { describeValue } from '../../platform/parse.ts'
import type { Exchange, GraphQLResult, SchemaVersion, TakeParts } from '../exchange.ts'
import type { Operation } from '../operations.ts'
import type { Stage } from '../pipeline.ts'
import type { UsageRecorder } from '../usage/usage-recorder.ts'
import { type ApiVersion, unstable, type VersionCalendar } from './calendar.ts'
import { coordinatesOf } from './coordinates.ts'
import { isDeprecatedIn, type Lifecycles } from './lifecycle.ts'

export type VersionStageDeps = {
  readonly calendar: VersionCalendar
  readonly clock: Clock
  /** Page that tells what is deprecated and what to do; the `Link` of answers. */
  readonly documentationUrl: string
  /** Told what each request used. */
  readonly usage: Pick<UsageRecorder, 'record'>
}

/** What one operation uses of one version; worked out once. */
export type OperationUse = {
  readonly coordinates: readonly string[]
  /** Null when it uses nothing deprecated. */
  readonly deprecation: { readonly deprecation: string; readonly sunset: string | null } | null
}

/** A version's end is told with every answer this long before. */
const sunsetNoticeMs = 90 * 86_400_000

/** Chooses the version that answers, tells which it was and what of it goes away, and has use recorded. */
export function createVersionStage(deps: VersionStageDeps): Stage {
  const { calendar, clock, usage } = deps
  const uses = new WeakMap<SchemaVersion, WeakMap<Operation, OperationUse>>()
  const link = `<${deps.documentationUrl}>; rel="deprecation"; type="text/html"`
  const sunsetLink = `<${deps.documentationUrl}>; rel="sunset"; type="text/html"`

  function knownUse(operation: Operation, version: SchemaVersion, lifecycles: Lifecycles): OperationUse {
    let perOperation = uses.get(version)
    if (perOperation === undefined) {
      perOperation = new WeakMap()
      uses.set(version, perOperation)
    }
    let use = perOperation.get(operation)
    if (use === undefined) {
      use = findUse(operation, version, lifecycles, calendar)
      perOperation.set(operation, use)
    }
    return use
  }

  function tell({ answerHeaders }: Exchange, { deprecation }: OperationUse): void {
    if (deprecation === null) return
    answerHeaders.deprecation = deprecation.deprecation
    if (deprecation.sunset !== null) answerHeaders.sunset = deprecation.sunset
    answerHeaders.link = link
  }

  function finish(exchange: Exchange, result: GraphQLResult): GraphQLResult {
    const { operation, version, supergraph, viewer } = exchange
    if (operation === null) return result
    const use = knownUse(operation, version, supergraph.rules.lifecycles)
    tell(exchange, use)
    usage.record(viewer, version.name, use.coordinates)
    return result
  }

  /** The headers of an answer in parts leave with the first. */
  function tellFirst(exchange: Exchange, take: TakeParts): TakeParts {
    return {
      ...take,
      initial(result, headers) {
        const { operation, version, supergraph } = exchange
        if (operation !== null) tell(exchange, knownUse(operation, version, supergraph.rules.lifecycles))
        take.initial(result, headers)
      },
    }
  }

  return {
    name: 'version',
    handle(exchange, next) {
      const now = clock()
      const asked = askedVersion(exchange)
      const version = asked === undefined ? calendar.newest(now) : (calendar.find(asked) ?? null)
      if (version === null) throw unknown(asked, calendar, now)
      if (calendar.isRetired(version, now)) {
        exchange.answerHeaders.link = sunsetLink
        throw retired(version, calendar.newest(now))
      }
      const served = exchange.supergraph.versions.get(version.name)
      if (served === undefined) throw new TypeError(`Cannot serve version ${version.name}: no schema was derived`)
      exchange.version = served
      exchange.answerHeaders['api-version'] = version.name
      if (version.sunsetAt !== null && version.sunsetAt.getTime() - now.getTime() < sunsetNoticeMs) {
        exchange.answerHeaders.sunset = version.sunsetAt.toUTCString()
        exchange.answerHeaders.link = sunsetLink
      }
      if (exchange.takeParts !== null) exchange.takeParts = tellFirst(exchange, exchange.takeParts)
      return next(exchange).then((result) => finish(exchange, result))
    },
  }
}

function askedVersion({ request }: Exchange): string | undefined {
  const header = request.headers['api-version']
  if (request.version === undefined || header === undefined || header === request.version) {
    return request.version ?? header
  }
  throw new AppError(
    'BAD_REQUEST',
    `Cannot choose a version: the path says ${describeValue(request.version)}, the header API-Version ${describeValue(header)}`,
  )
}

function unknown(asked: string | undefined, calendar: VersionCalendar, now: Date): AppError {
  const supported = calendar.versions.filter((version) => !calendar.isRetired(version, now)).map(({ name }) => name)
  return new AppError(
    'VERSION_UNKNOWN',
    `Cannot answer in version ${describeValue(asked)}: allowed is ${supported.join(', ')}`,
    { details: { supported } },
  )
}

function retired(version: ApiVersion, newest: ApiVersion): AppError {
  const retiredAt = version.sunsetAt?.toISOString()
  return new AppError(
    'VERSION_RETIRED',
    `Cannot answer in version ${version.name}: it was retired on ${retiredAt?.slice(0, 10)}, move to ${newest.name} at /${newest.name}/graphql`,
    { details: { version: version.name, retiredAt, moveTo: newest.name } },
  )
}

function findUse(
  operation: Operation,
  version: SchemaVersion,
  lifecycles: Lifecycles,
  calendar: VersionCalendar,
): OperationUse {
  const coordinates = coordinatesOf(operation.document, operation.node, version.schema)
  let since = Number.POSITIVE_INFINITY
  for (const coordinate of coordinates) {
    const lifecycle = lifecycles.get(coordinate)
    if (lifecycle === undefined || !isDeprecatedIn(lifecycle, version.name)) continue
    const releasedAt = calendar.find(lifecycle.deprecated ?? unstable)?.releasedAt ?? new Date(0)
    since = Math.min(since, releasedAt.getTime())
  }
  if (since === Number.POSITIVE_INFINITY) return { coordinates, deprecation: null }
  const sunset = calendar.find(version.name)?.sunsetAt?.toUTCString() ?? null
  return { coordinates, deprecation: { deprecation: `@${Math.floor(since / 1_000)}`, sunset } }
}
