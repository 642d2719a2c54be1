import { isSensitiveName } from '../sensitive-names.ts'

const maxDepth = 6
const maxItems = 50
const maxTextLength = 2_000
const hidden = '[redacted]'

/**
 * A copy that may be logged: values under sensitive names are hidden, passwords are cut out of addresses, long
 * texts and lists are shortened, and errors keep their cause. Never throws.
 */
export function redact(value: unknown): unknown {
  return redactAt(value, 0)
}

function redactAt(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? '[function]' : value
  if (depth >= maxDepth) return '[deeper]'
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
  if (value instanceof Error) return redactError(value, depth)
  if (Array.isArray(value)) {
    const shown = value.slice(0, maxItems).map((item) => redactAt(item, depth + 1))
    return value.length > maxItems ? [...shown, `and ${value.length - maxItems} more`] : shown
  }
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, maxItems)
      .map(([name, member]) => [name, isSensitiveName(name) && member != null ? hidden : redactAt(member, depth + 1)]),
  )
}

/** PostgreSQL puts whole rows into `detail` and `where`; they stay out. */
function redactError(error: Error, depth: number): Record<string, unknown> {
  const code = 'code' in error ? error.code : undefined
  return {
    name: error.name,
    message: redactText(error.message),
    ...(code === undefined ? {} : { code: redactAt(code, depth + 1) }),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redactAt(error.cause, depth + 1) }),
  }
}

function redactText(text: string): string {
  const shown = text.length > maxTextLength ? `${text.slice(0, maxTextLength - 1)}…` : text
  return shown
    .replaceAll(/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]{1,200}@/gi, `$1${hidden}@`)
    .replaceAll(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${hidden}`)
    .replaceAll(/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, hidden)
    .replaceAll(/[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63})+/g, hidden)
}
