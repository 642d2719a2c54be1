import { INVALID_SPAN_CONTEXT, type Span, type Tracer, trace } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { inSpan, isTraced, traceHeaders, withTraceHeaders } from '../../../platform/telemetry/trace.ts'

describe('trace', () => {
  it('passes the result and the failure of the work on', async () => {
    expect(await inSpan('read stock', { 'db.system': 'postgresql' }, async () => 7)).toBe(7)
    const broken = new Error('broken')
    await expect(inSpan('read stock', {}, () => Promise.reject(broken))).rejects.toBe(broken)
    expect(inSpan('read stock', {}, () => 7)).toBe(7)
    expect(() =>
      inSpan('read stock', {}, () => {
        throw broken
      }),
    ).toThrow(broken)
  })

  it('adds no headers when no SDK is there', () => {
    expect(isTraced()).toBe(false)
    expect(traceHeaders()).toEqual({})
  })

  it('makes spans from the moment an SDK is there', async () => {
    const names: string[] = []
    const tracer: Tracer = {
      startSpan: () => trace.wrapSpanContext(INVALID_SPAN_CONTEXT),
      startActiveSpan(name: string, ...rest: readonly unknown[]) {
        names.push(name)
        return (rest.at(-1) as (span: Span) => never)(trace.wrapSpanContext(INVALID_SPAN_CONTEXT))
      },
    }
    trace.setGlobalTracerProvider({ getTracer: () => tracer })
    try {
      expect(isTraced()).toBe(true)
      expect(await inSpan('read stock', {}, () => withTraceHeaders({}, () => 7))).toBe(7)
      expect(names).toEqual(['read stock'])
    } finally {
      trace.disable()
    }
    expect(isTraced()).toBe(false)
  })
})
