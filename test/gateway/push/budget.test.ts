import { describe, expect, it } from 'vitest'
import { silentPushObserver } from '../../../gateway/push/push-observer.ts'
import { createMemoryRateLimiter } from '../../../gateway/rate-limit/memory.ts'
import { widePlans } from '../../support/governed-gateway.ts'
import { until } from '../../support/until.ts'
import { openHttpStream } from './http-client.ts'
import { orderEvent } from './push-graph.ts'
import { openPushWorld } from './push-world.ts'
import { connect, follow } from './ws-client.ts'

const query = 'subscription { orderChanged { ... on OrderEvent { sequence to order { id } } } }'
const as = (clientId: string) => ({
  'x-test-viewer': JSON.stringify({ kind: 'service', tenant: 'test', clientId, scopes: [], system: clientId }),
})

describe('what a stream tells is paid from the budget of its client', () => {
  it('waits when it is spent, drops nothing, and goes on when there is budget again', async () => {
    let nowMs = 0
    let slowed = 0
    const bucket = { maximum: 40, restoreRate: 1_000 }
    await using world = await openPushWorld({
      push: { observer: { ...silentPushObserver, slowed: () => (slowed += 1) } },
      gateway: {
        governance: {
          plans: widePlans({ buckets: { P0: bucket, P1: bucket, P2: bucket, P3: bucket } }),
          limiter: createMemoryRateLimiter({ clock: () => new Date(nowMs) }),
        },
      },
    })
    world.orders.set('o', { status: 'X', channel: 'web' })
    using client = await connect(world.url, { init: as('poor') })
    await follow(client, '1', query)
    const states = Array.from({ length: 400 }, (_, index) => `S${index}`)
    await world.append(states.map((state) => orderEvent('o', state)))
    await until('its budget is spent', () => slowed > 3)
    const before = client.told('1').length
    expect(before).toBeGreaterThan(0)
    expect(before).toBeLessThanOrEqual(40)

    using other = await openHttpStream(world.url, { query }, 'text/event-stream', { headers: as('other') })
    await world.append([orderEvent('o', 'LAST')])
    await until('another client is told all the same', () => other.text().includes('LAST'))
    expect(client.told('1').length).toBe(before)

    await until('it is told the rest', () => {
      nowMs += 50
      return client.told('1').length === 401
    })
    expect(client.told('1').map(({ data }) => data.orderChanged.to)).toEqual([...states, 'LAST'])
  })
})
