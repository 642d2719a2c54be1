import { createHash } from 'node:crypto'
import type { GraphQLFormattedError } from 'graphql'
import { AppError } from '../../platform/errors/app-error.ts'
import type { LogPosition, RecordedEvent } from '../../platform/event-log/event-log.ts'
import { createBackoff, pause } from '../../platform/resilience/backoff.ts'
import type { Told } from './event-graph.ts'
import { memberOf, type PathSource } from './event-path.ts'
import type { Delivery, Plan, Registration } from './registration.ts'
import type { BoundCursors } from './stream-cursor.ts'

/** A payload on its way, and where the stream stands once it is told. */
export type Telling = {
  readonly kind: Delivery['kind']
  readonly typeName: string
  readonly event: RecordedEvent | null
  readonly data: RecordedEvent['data']
  readonly position: LogPosition
  readonly atMs: number
}

export type AnswerDeps = {
  /** What every call to a subgraph carries in a viewer's name. */
  readonly headersFor: (
    registration: Registration,
    correlationId: string | undefined,
  ) => Readonly<Record<string, string>>
  readonly format: (error: unknown, correlationId: string | undefined) => GraphQLFormattedError
  /** Longest one answer may take. */
  readonly timeoutMs: number
  /** How long a failing answer is tried again before the stream ends with a cursor. */
  readonly retryForMs: number
  readonly signal: AbortSignal
}

/** Resolves payloads through the graph in a viewer's name. */
export type AnswerPayloads = (
  registration: Registration,
  plan: Plan,
  cursors: BoundCursors,
  tellings: readonly Telling[],
) => Promise<readonly (Delivery | null)[]>

/** What says that someone may not be told, rather than that something failed. */
const hidingCodes: ReadonlySet<unknown> = new Set(['FORBIDDEN', 'UNAUTHENTICATED', 'NOT_FOUND'])

/** Largest number of payloads one execution answers. */
const mostAtOnce = 100

/**
 * @returns one entry per telling, in order; null for what this viewer may not be told. The promise rejects with an
 * AppError when whether they may could not be found out for `retryForMs`.
 */
export function createAnswerPayloads(deps: AnswerDeps): AnswerPayloads {
  async function once(
    registration: Registration,
    { graph, prepared, args }: Plan,
    cursors: BoundCursors,
    tellings: readonly Telling[],
  ): Promise<readonly (Delivery | null)[]> {
    const correlationId = tellings.length === 1 ? tellings[0]?.event?.correlationId : undefined
    const payloads = tellings.map((telling) => {
      const cursor = cursors.encode(telling)
      return { typeName: telling.typeName, source: sourceOf(telling, cursor, args.selecting) }
    })
    const told = await graph.answer(prepared, payloads, {
      variables: registration.variables,
      headers: deps.headersFor(registration, correlationId),
      signal: AbortSignal.timeout(deps.timeoutMs),
    })
    return tellings.map((telling, index) => {
      const one = told[index]
      const source = payloads[index]?.source
      if (one === undefined || source === undefined) throw new TypeError('Cannot tell an event: it was not answered')
      return toDelivery(telling, source, one, correlationId, prepared)
    })
  }

  function toDelivery(
    telling: Telling,
    source: PathSource,
    { data, errors }: Told,
    correlationId: string | undefined,
    { responseKey, field, visiblePath, visibleIsOurs, tellingKeys }: Plan['prepared'],
  ): Delivery | null {
    const formatted = errors.map(({ error, path }) => {
      const { path: _, ...rest } = deps.format(error, correlationId)
      return { ...rest, ...(path === null ? {} : { path }) } as GraphQLFormattedError
    })
    if (telling.kind !== 'gap' && visiblePath.length > 0 && !isVisible(data, visiblePath)) {
      const failed = errors.findIndex(({ error, path }, index) => {
        const code = formatted[index]?.extensions?.code
        return concerns(path, visiblePath) && !hidingCodes.has(code) && !isMissingValue(error)
      })
      if (failed >= 0) throw unavailable(formatted[failed]?.extensions?.code)
      return null
    }
    if (data === null && formatted.length > 0) throw unavailable(formatted[0]?.extensions?.code)
    if (visiblePath.length > 0) removeGate(data, visiblePath, visibleIsOurs)
    const shown = formatted.filter(({ path }) => !path?.includes(visiblePath.at(-1) ?? ''))
    const key = String(field.key(source) ?? '')
    const head = shown.length === 0 ? '' : `"errors":${JSON.stringify(shown)},`
    return {
      kind: telling.kind,
      cursor: source.cursor,
      key,
      event: telling.event,
      recordedMs: telling.event === null ? null : telling.atMs,
      text: `{${head}"data":{${JSON.stringify(responseKey)}:${JSON.stringify(data)}},"extensions":{"cursor":"${source.cursor}"}}`,
      sameness: field.distinct ? samenessOf(data, tellingKeys) : '',
    }
  }

  async function persist(...given: Parameters<AnswerPayloads>): Promise<readonly (Delivery | null)[]> {
    const backoff = createBackoff({ baseMs: 50, capMs: 2_000 })
    const endMs = performance.now() + deps.retryForMs
    for (;;) {
      try {
        return await once(...given)
      } catch (error) {
        if (!(error instanceof AppError) || performance.now() > endMs || deps.signal.aborted) throw error
        await pause(backoff.nextMs(), deps.signal)
      }
    }
  }

  return async (registration, plan, cursors, tellings) => {
    const deliveries: (Delivery | null)[] = []
    for (let start = 0; start < tellings.length; start += mostAtOnce) {
      deliveries.push(...(await persist(registration, plan, cursors, tellings.slice(start, start + mostAtOnce))))
    }
    return deliveries
  }
}

function sourceOf({ event, data }: Telling, cursor: string, args: PathSource['args']): PathSource {
  const none = { id: '', type: '', time: '', recordedTime: '', sequence: 0, subject: '', source: '' }
  return { event: { ...(event ?? none), data }, cursor, args }
}

/** Whether an error explains why there is no value at the path. */
function concerns(path: readonly (string | number)[] | null, visiblePath: readonly string[]): boolean {
  return path === null || path.slice(1).every((step, index) => step === (visiblePath[index] ?? step))
}

/** The executor's own word for a value that must be there and that no subgraph failed to give: there is no such thing. */
function isMissingValue(error: unknown): boolean {
  const extensions = memberOf(error, 'extensions')
  return memberOf(extensions, 'code') === 'UPSTREAM_INVALID_RESPONSE' && memberOf(extensions, 'service') === undefined
}

function isVisible(data: unknown, path: readonly string[]): boolean {
  const value = path.reduce(memberOf, data)
  return value !== undefined && value !== null
}

/** Takes out of the data what the client did not ask for. */
function removeGate(data: unknown, path: readonly string[], isOurs: boolean): void {
  const [top, ...rest] = path
  if (top === undefined || typeof data !== 'object' || data === null) return
  if (isOurs) {
    Reflect.deleteProperty(data, top)
    return
  }
  const holder = [top, ...rest.slice(0, -1)].reduce(memberOf, data as unknown)
  const last = rest.at(-1)
  if (typeof holder === 'object' && holder !== null && last !== undefined) Reflect.deleteProperty(holder, last)
}

function samenessOf(data: unknown, tellingKeys: readonly string[]): string {
  const left = new Set(tellingKeys)
  const kept = typeof data === 'object' && data !== null ? Object.entries(data).filter(([key]) => !left.has(key)) : data
  return createHash('sha256').update(JSON.stringify(kept)).digest('base64').slice(0, 22)
}

function unavailable(code: unknown): AppError {
  return new AppError(
    'UPSTREAM_UNAVAILABLE',
    `Cannot tell the next event: a part of the graph did not answer (${String(code ?? 'INTERNAL')}); go on from the cursor`,
    { retryable: true },
  )
}
