import type { RecordedEvent } from '../../platform/event-log/event-log.ts'

/** What a path of the SDL leads into. */
export type PathSource = {
  readonly event: Pick<
    RecordedEvent,
    'id' | 'type' | 'time' | 'recordedTime' | 'sequence' | 'subject' | 'source' | 'data'
  >
  readonly cursor: string
  readonly args: Readonly<Record<string, unknown>>
}

export type ReadPath = (source: PathSource) => unknown

const attributes = {
  id: ({ event }) => event.id,
  type: ({ event }) => event.type,
  time: ({ event }) => event.time,
  recordedTime: ({ event }) => event.recordedTime,
  sequence: ({ event }) => event.sequence,
  subject: ({ event }) => event.subject,
  cursor: ({ cursor }) => cursor,
} as const satisfies Readonly<Record<string, ReadPath>>

/**
 * Compiles a path (`data.orderId`) or a text with paths in braces (`pos_{data.variantId}@{data.locationId}`), which is
 * null when one of them leads to nothing.
 * @throws TypeError when it leads nowhere in an event
 */
export function compilePath(text: string): ReadPath {
  if (!text.includes('{')) return compilePlain(text)
  const parts = text.split(/\{([^{}]*)\}/).map((part, index) => (index % 2 === 1 ? compilePlain(part) : part))
  return (source) => {
    let joined = ''
    for (const part of parts) {
      const value = typeof part === 'string' ? part : part(source)
      if (value === undefined || value === null) return null
      joined += String(value)
    }
    return joined
  }
}

/** Whether what stands there is of the telling, not of the thing told: different in every event. */
export function isOfTelling(path: string): boolean {
  return path in attributes && path !== 'subject' && path !== 'type'
}

function compilePlain(path: string): ReadPath {
  if (Object.hasOwn(attributes, path)) return attributes[path as keyof typeof attributes]
  const [root, ...steps] = path.split('.')
  if ((root !== 'data' && root !== 'args') || steps.length === 0 || steps.some((step) => step === '')) {
    throw new TypeError(
      `Cannot read path '${path}' of an event: allowed are ${Object.keys(attributes).join(', ')}, data.<member> and args.<argument>`,
    )
  }
  return (source) => {
    let value: unknown = root === 'data' ? source.event.data : source.args
    for (const step of steps) value = memberOf(value, step)
    return value
  }
}

/** @returns undefined where there is no such own member */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}
