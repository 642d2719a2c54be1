import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, startChild } from '../support/child.ts'

describe('several processes serve as one', () => {
  let folder: string
  let child: Child
  let url: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'storeloom-workers-'))
    child = startChild('workers-child.ts', [folder])
    url = await child.line('ready', 170_000)
  }, 180_000)
  afterAll(async () => {
    await child[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  const answers = async (): Promise<boolean> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      // Each request on a connection of its own, so that both workers are met.
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({
        query: '{ variantsBySku(skus: ["DEMO-0001"]) { sku availability(channelId: "web") { ats } } }',
      }),
    })
    const { data } = (await response.json()) as { data: { variantsBySku: { sku: string }[] } }
    return data.variantsBySku[0]?.sku === 'DEMO-0001'
  }
  const workers = async (): Promise<number[]> => {
    child.send('workers')
    return (await child.line('workers', 10_000)).split(' ').map(Number)
  }

  it('answer from either worker', async () => {
    expect(await workers()).toHaveLength(2)
    expect(await Promise.all(Array.from({ length: 8 }, answers))).toEqual(Array(8).fill(true))
  })

  it('replace a worker that is killed, while the other goes on', async () => {
    const [victim = 0, other] = await workers()
    process.kill(victim, 'SIGKILL')
    await expect.poll(async () => (await workers()).includes(victim), { timeout: 10_000 }).toBe(false)
    expect(await answers()).toBe(true)
    await expect.poll(async () => (await workers()).length, { timeout: 20_000 }).toBe(2)
    expect(await workers()).toContain(other)
  })

  it('end together, leaving nothing behind', async () => {
    const before = await workers()
    child.send('leave')
    expect(await child.ended).toBe(0)
    const alive = before.filter((pid) => {
      try {
        return process.kill(pid, 0)
      } catch {
        return false
      }
    })
    expect(alive).toEqual([])
  })
})
