import { trace } from '@opentelemetry/api'
import { type DestinationStream, type Logger, pino } from 'pino'
import { currentCorrelationId } from './correlation.ts'
import { redact } from './redact.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** Facts of a line, by name; redacted before they are written. An error goes under `error`. */
export type LogFields = Readonly<Record<string, unknown>>

/**
 * Structured log. A message is constant text; what varies goes into fields. Every line carries time, level, the
 * correlation id and trace of the work it belongs to. Writing never throws.
 */
export type Log = {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  fatal(message: string, fields?: LogFields): void
  /** A log whose lines all carry `fields`, e.g. `{ part: 'gateway' }`. */
  child(fields: LogFields): Log
}

export type LogOptions = {
  readonly level: LogLevel
  readonly format: 'json' | 'text'
  /** Takes whole lines with their newline. Default: standard output. */
  readonly write?: (line: string) => void
}

export function createLog({ level, format, write = writeToStdout }: LogOptions): Log {
  const destination: DestinationStream = { write: format === 'json' ? write : (line) => write(toText(line)) }
  const logger = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      mixin: contextOf,
    },
    destination,
  )
  return wrap(logger)
}

/** For tests and tools that want no log. */
export const silentLog: Log = {
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
  child: () => silentLog,
}

function wrap(logger: Logger): Log {
  type Level = Exclude<LogLevel, 'silent'>
  const at = (level: Level) => (message: string, fields?: LogFields) => {
    if (logger.isLevelEnabled(level)) logger[level](toRecord(fields), message)
  }
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    fatal: at('fatal'),
    child: (fields) => wrap(logger.child(toRecord(fields))),
  }
}

function toRecord(fields: LogFields | undefined): Record<string, unknown> {
  const shown = redact(fields ?? {})
  return typeof shown === 'object' && shown !== null ? { ...shown } : {}
}

function contextOf(): Record<string, string> {
  const correlationId = currentCorrelationId()
  const span = trace.getActiveSpan()?.spanContext()
  return {
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(span === undefined ? {} : { traceId: span.traceId, spanId: span.spanId }),
  }
}

/** `09:00:00.000 INFO  ready {"port":4000}`: for people, with the stack of an error on lines of its own. */
function toText(line: string): string {
  const { time, level, message, error, ...rest } = JSON.parse(line) as Record<string, unknown>
  const fields = Object.keys(rest).length > 0 ? ` ${JSON.stringify(rest)}` : ''
  const stack = isRecord(error) ? `\n  ${String(error.stack ?? error.message).replaceAll('\n', '\n  ')}` : ''
  return `${String(time).slice(11, 23)} ${String(level).toUpperCase().padEnd(5)} ${String(message)}${fields}${stack}\n`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function writeToStdout(line: string): void {
  process.stdout.write(line)
}
