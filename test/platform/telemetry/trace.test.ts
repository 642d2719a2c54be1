import { describe, expect, it } from 'vitest'
import { inSpan, traceHeaders } from '../../../platform/telemetry/trace.ts'

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
    expect(traceHeaders()).toEqual({})
  })
})
