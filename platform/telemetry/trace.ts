import {
  type Attributes,
  context,
  INVALID_SPAN_CONTEXT,
  ProxyTracerProvider,
  propagation,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { AppError } from '../errors/app-error.ts'
import { isPromise } from '../maybe-promise.ts'

const tracerName = 'storeloom'

/**
 * Whether spans go anywhere. Without an SDK the API's own provider has nothing behind it, and what it does for nothing
 * (a context, a tracer and a span for each request) is worth 2 % of a small request.
 */
export function isTraced(): boolean {
  const provider = trace.getTracerProvider()
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(tracerName) !== undefined
}

/**
 * Runs `work` in a span that ends with it, at once or when its promise settles; gives and throws what `work` does. Without
 * an OpenTelemetry SDK in the process this costs next to nothing.
 * @param attributes few values each: no personal data, no secrets, no document texts
 */
export function inSpan<R>(name: string, attributes: Attributes, work: (span: Span) => R): R {
  if (!isTraced()) return work(unrecorded)
  return trace.getTracer(tracerName).startActiveSpan(name, { attributes }, (span) => {
    try {
      const result = work(span)
      if (isPromise(result)) {
        // Told aside: the caller gets the very promise, and whoever asked for it hears of the failure there.
        result.then(
          () => span.end(),
          (error: unknown) => endFailed(span, error),
        )
      } else span.end()
      return result
    } catch (error) {
      endFailed(span, error)
      throw error
    }
  })
}

const unrecorded = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)

function endFailed(span: Span, error: unknown): void {
  // The code alone: a text may hold what must not leave the process.
  span.setStatus({ code: SpanStatusCode.ERROR, message: AppError.from(error).code })
  span.end()
}

/** @returns the headers that carry the active trace to another process (`traceparent` …); empty without an SDK. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  if (isTraced()) propagation.inject(context.active(), headers)
  return headers
}

/** Runs `work` as part of the trace that a caller's headers (lower-case names) tell of. */
export function withTraceHeaders<T>(headers: Readonly<Record<string, string>>, work: () => T): T {
  return isTraced() ? context.with(propagation.extract(context.active(), headers), work) : work()
}
