import { describe, expect, it } from 'vitest'
import { readReadiness } from '../../gateway/health.ts'
import { startGateway } from '../support/start-gateway.ts'

describe('health', () => {
  it('is live at once and ready when every part is', async () => {
    let reason: string | null = 'the first import is at 40 %'
    await using started = await startGateway({ readiness: [{ name: 'inventory', check: async () => reason }] })
    const read = async (path: string) => {
      const answer = await fetch(started.url + path)
      return [answer.status, await answer.json()]
    }
    expect(await read('/health/live')).toEqual([200, { status: 'live' }])
    expect(await read('/health/ready')).toEqual([
      503,
      { status: 'not-ready', parts: [{ name: 'inventory', ready: false, reason: 'the first import is at 40 %' }] },
    ])
    reason = null
    expect(await read('/health/ready')).toEqual([200, { status: 'ready', parts: [{ name: 'inventory', ready: true }] }])
  })

  it('counts a part that throws or is silent as not ready, and tells nothing of the inside', async () => {
    const readiness = await readReadiness([
      { name: 'database', check: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.1')) },
      { name: 'log', check: () => new Promise(() => {}) },
      { name: 'cache', check: async () => null },
    ])
    expect(readiness).toEqual({
      status: 'not-ready',
      parts: [
        { name: 'database', ready: false, reason: 'its check failed' },
        { name: 'log', ready: false, reason: 'no answer within 2000 ms' },
        { name: 'cache', ready: true },
      ],
    })
  })
})
