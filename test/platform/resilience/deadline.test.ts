import { describe, expect, it } from 'vitest'
import { withDeadline } from '../../../platform/resilience/deadline.ts'

const never = () => new Promise<never>(() => {})

describe('withDeadline', () => {
  it('returns what the work returns', async () => {
    expect(await withDeadline({ timeoutMs: 10_000, what: 'read' }, async () => 7)).toBe(7)
  })

  it('gives up on work that heeds no signal', async () => {
    await expect(withDeadline({ timeoutMs: 5, what: 'read stock' }, never)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: 'Cannot read stock: no answer within 5 ms',
      retryable: true,
    })
  })

  it('fails with the code that the caller asks for', async () => {
    const waiting = withDeadline({ timeoutMs: 5, what: 'call orders', code: 'UPSTREAM_TIMEOUT' }, never)
    await expect(waiting).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' })
  })

  it('tells the work that time is up', async () => {
    let reason: unknown
    const work = (signal: AbortSignal) =>
      new Promise<never>(() => {
        signal.addEventListener('abort', () => {
          reason = signal.reason
        })
      })
    await expect(withDeadline({ timeoutMs: 5, what: 'read' }, work)).rejects.toThrow()
    expect(reason).toMatchObject({ code: 'DEADLINE_EXCEEDED' })
  })

  it('ends when the caller is gone, with its reason', async () => {
    const caller = new AbortController()
    const gone = new Error('client went away')
    const waiting = withDeadline({ timeoutMs: 60_000, what: 'read', signal: caller.signal }, never)
    caller.abort(gone)
    await expect(waiting).rejects.toBe(gone)
  })

  it('does not begin for a caller who is gone already', async () => {
    let begun = false
    const work = async () => {
      begun = true
    }
    await expect(withDeadline({ timeoutMs: 1, what: 'read', signal: AbortSignal.abort('gone') }, work)).rejects.toBe(
      'gone',
    )
    expect(begun).toBe(false)
  })

  it('ignores a late failure of work it gave up on', async () => {
    let fail: (error: Error) => void = () => {}
    const unhandled: unknown[] = []
    const onUnhandled = (error: unknown) => unhandled.push(error)
    process.on('unhandledRejection', onUnhandled)
    const work = () => new Promise<never>((_, reject) => (fail = reject))
    await expect(withDeadline({ timeoutMs: 5, what: 'read' }, work)).rejects.toThrow('no answer')
    fail(new Error('late'))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', onUnhandled)
    expect(unhandled).toEqual([])
  })
})
