import { type Attributes, context, propagation, type Span, SpanStatusCode, trace } from '@opentelemetry/api'
import { AppError } from '../errors/app-error.ts'

const tracerName = 'storeloom'

/**
 * Runs `work` in a span that ends with it. Without an OpenTelemetry SDK in the process this costs next to nothing.
 * @param attributes few values each: no personal data, no secrets, no document texts
 */
export async function inSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T> | T,
): Promise<T> {
  return trace.getTracer(tracerName).startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      // The code alone: a text may hold what must not leave the process.
      span.setStatus({ code: SpanStatusCode.ERROR, message: AppError.from(error).code })
      throw error
    } finally {
      span.end()
    }
  })
}

/** @returns the headers that carry the active trace to another process (`traceparent` …); empty without an SDK. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  propagation.inject(context.active(), headers)
  return headers
}

/** Runs `work` as part of the trace that a caller's headers (lower-case names) tell of. */
export function withTraceHeaders<T>(headers: Readonly<Record<string, string>>, work: () => T): T {
  return context.with(propagation.extract(context.active(), headers), work)
}
