import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTargets } from '../../../gateway/webhooks/target.ts'
import { type Harness, openHarness } from './harness.ts'
import { type Receiver, startReceiver } from './receiver.ts'

describe('the deliverer and its receivers', () => {
  let harness: Harness
  let receiver: Receiver
  beforeEach(async () => {
    harness = await openHarness()
    receiver = await startReceiver()
  }, 60_000)
  afterEach(async () => {
    await receiver[Symbol.asyncDispose]()
    await harness[Symbol.asyncDispose]()
    expect(harness.faults).toEqual([])
  })

  it('follows no redirect', async () => {
    const other = await startReceiver()
    const id = await harness.register(receiver.url)
    await harness.enqueue(id, 'a')
    receiver.answer((_, response) => response.writeHead(307, { location: other.url }).end())
    await harness.deliverer().runDue()
    expect(other.received).toEqual([])
    expect(await harness.deliveries(id)).toMatchObject([
      { state: 'PENDING', lastStatus: 307, lastError: 'answered 307; redirects are not followed' },
    ])
    await other[Symbol.asyncDispose]()
  })

  it('gives up on a receiver that does not answer in time, and on one that is not there', async () => {
    const slow = await harness.register(receiver.url)
    const absent = await harness.register('http://127.0.0.1:1/')
    await harness.enqueue(slow, 'a')
    await harness.enqueue(absent, 'b')
    receiver.answer(() => {})
    await harness.deliverer({ timeoutMs: 200 }).runDue()
    expect(await harness.deliveries(slow)).toMatchObject([{ lastStatus: null, lastError: 'no answer within 200 ms' }])
    expect(await harness.deliveries(absent)).toMatchObject([{ lastError: 'the connection was refused' }])
  })

  it('reads no more than it must of an endless answer', async () => {
    const id = await harness.register(receiver.url)
    await harness.enqueue(id, 'a')
    let sentBytes = 0
    const cut = new Promise<void>((resolve) => {
      receiver.answer((_, response) => {
        response.writeHead(200)
        response.on('close', resolve)
        const chunk = Buffer.alloc(65_536)
        const write = (): void => {
          if (response.destroyed) return
          sentBytes += chunk.length
          if (response.write(chunk)) setImmediate(write)
          else response.once('drain', write)
        }
        write()
      })
    })
    await harness.deliverer().runDue()
    await cut
    expect(sentBytes).toBeLessThan(20_000_000)
    expect(await harness.deliveries(id)).toMatchObject([{ state: 'DELIVERED', lastStatus: 200 }])
  })

  it('looks at the address before every attempt, so that a name that turns inwards is not followed', async () => {
    const id = await harness.register('https://hooks.partner.example/in')
    await harness.enqueue(id, 'a')
    const asked: string[] = []
    const targets = createTargets({
      allowPrivate: false,
      resolve: async (hostname) => {
        asked.push(hostname)
        return asked.length === 1 ? ['127.0.0.1'] : ['93.184.216.34', '169.254.169.254']
      },
    })
    const deliverer = harness.deliverer({ targets })
    await deliverer.runDue()
    harness.clock.advance(5_000)
    await deliverer.runDue()
    expect(asked).toEqual(['hooks.partner.example', 'hooks.partner.example'])
    expect(await harness.deliveries(id)).toMatchObject([
      {
        state: 'PENDING',
        attempts: 2,
        lastStatus: null,
        lastError: 'Cannot deliver to the url: it does not lead to a public address',
      },
    ])
  })

  it('connects to the address it judged, whatever the name says', async () => {
    const { port } = new URL(receiver.url)
    const id = await harness.register(`http://name.that.leads.nowhere.example:${port}/hooks`)
    await harness.enqueue(id, 'a')
    await harness.deliverer().runDue()
    expect(receiver.received).toMatchObject([{ headers: { host: `name.that.leads.nowhere.example:${port}` } }])
  })
})
