import { describe, expect, it } from 'vitest'
import { createBulkhead } from '../../../platform/resilience/bulkhead.ts'

function gate() {
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('bulkhead', () => {
  it('runs no more at once than allowed, first come first served', async () => {
    const bulkhead = createBulkhead({ name: 'import', maxConcurrent: 2, maxQueued: 10 })
    const gates = [gate(), gate(), gate(), gate()]
    const begun: number[] = []
    const runs = gates.map((door, index) =>
      bulkhead.run(async () => {
        begun.push(index)
        await door.opened
      }),
    )
    await Promise.resolve()
    expect([begun, bulkhead.running(), bulkhead.queued()]).toEqual([[0, 1], 2, 2])
    gates[1]?.open()
    await runs[1]
    expect(begun).toEqual([0, 1, 2])
    for (const door of gates) door.open()
    await Promise.all(runs)
    expect([begun, bulkhead.running(), bulkhead.queued()]).toEqual([[0, 1, 2, 3], 0, 0])
  })

  it('refuses what neither runs nor fits the queue', async () => {
    const bulkhead = createBulkhead({ name: 'import', maxConcurrent: 1, maxQueued: 1 })
    const door = gate()
    const runs = [bulkhead.run(() => door.opened), bulkhead.run(() => door.opened)]
    await expect(bulkhead.run(() => door.opened)).rejects.toMatchObject({
      code: 'OVERLOADED',
      retryable: true,
      message: 'Cannot start import: 1 are running and 1 waiting already',
    })
    door.open()
    await Promise.all(runs)
  })

  it('frees the place of work that fails', async () => {
    const bulkhead = createBulkhead({ name: 'import', maxConcurrent: 1, maxQueued: 0 })
    await expect(bulkhead.run(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(await bulkhead.run(async () => 'next')).toBe('next')
  })

  it('lets a waiting caller go', async () => {
    const bulkhead = createBulkhead({ name: 'import', maxConcurrent: 1, maxQueued: 1 })
    const door = gate()
    const first = bulkhead.run(() => door.opened)
    const caller = new AbortController()
    const second = bulkhead.run(async () => 'never', caller.signal)
    caller.abort(new Error('gone'))
    await expect(second).rejects.toThrow('gone')
    door.open()
    await first
    expect([bulkhead.running(), bulkhead.queued()]).toEqual([0, 0])
  })
})
