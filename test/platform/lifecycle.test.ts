import { describe, expect, it } from 'vitest'
import { type CloseFailure, createCloser } from '../../platform/lifecycle.ts'

describe('closer', () => {
  it('closes in reverse order, each only when the later one is closed', async () => {
    const closed: string[] = []
    const part = (name: string) => ({
      async [Symbol.asyncDispose]() {
        closed.push(`${name} begins`)
        await Promise.resolve()
        closed.push(`${name} ends`)
      },
    })
    const closer = createCloser()
    closer.add(part('database'))
    closer.add(part('gateway'))
    expect(await closer.close()).toEqual([])
    expect(closed).toEqual(['gateway begins', 'gateway ends', 'database begins', 'database ends'])
  })

  it('goes on after a part that fails or hangs, and tells of both', async () => {
    const told: CloseFailure[] = []
    const closer = createCloser({ timeoutMs: 20, onFailure: (failure) => told.push(failure) })
    let lastClosed = false
    closer.add(
      {
        [Symbol.dispose]() {
          lastClosed = true
        },
      },
      { name: 'last' },
    )
    closer.add({ [Symbol.asyncDispose]: () => new Promise<void>(() => {}) }, { name: 'hanging' })
    closer.add({ [Symbol.asyncDispose]: () => Promise.reject(new Error('broken')) }, { name: 'failing' })
    const failures = await closer.close()
    expect(failures.map(({ name, error }) => `${name}: ${(error as Error).message}`)).toEqual([
      'failing: broken',
      'hanging: did not close within 20 ms',
    ])
    expect(told).toEqual(failures)
    expect(lastClosed).toBe(true)
  })

  it('returns what it keeps, and closes once however often it is asked', async () => {
    let count = 0
    const closer = createCloser()
    const part = {
      [Symbol.dispose]() {
        count += 1
      },
    }
    expect(closer.add(part)).toBe(part)
    await Promise.all([closer.close(), closer.close()])
    expect(count).toBe(1)
  })

  it('keeps nothing more once closing has begun', async () => {
    const closer = createCloser()
    await closer.close()
    expect(() => closer.add({ [Symbol.dispose]() {} }, { name: 'late' })).toThrow('Cannot keep late: closing has begun')
  })
})
