import { expect, it } from 'vitest'
import { createMemoryRateLimiter } from '../../../gateway/rate-limit/memory.ts'
import { describeBothRoads } from '../../support/both-roads.ts'
import { governed, startGoverned, widePlans } from '../../support/governed-gateway.ts'
import { ask } from '../../support/start-gateway.ts'

const bucket = (maximum: number, restoreRate = 1) => ({ maximum, restoreRate })
const frozen = () => createMemoryRateLimiter({ clock: () => new Date(0) })
const lanesOf = (maximum: number, restoreRate = 1) => {
  const one = bucket(maximum, restoreRate)
  return { P0: one, P1: one, P2: one, P3: one }
}

describeBothRoads('cost over HTTP', () => {
  it('is told as requested before and actual after, with what is left', async () => {
    await using started = await startGoverned(
      governed({ plans: widePlans({ buckets: lanesOf(200, 10) }), limiter: frozen() }),
    )
    const { body, headers } = await ask(started.url, '{ exported { id parent { id } } }')
    expect(body.extensions).toEqual({
      cost: { requested: 100, actual: 6, throttle: { maximum: 200, available: 194, restoreRate: 10 } },
    })
    expect(headers.get('ratelimit-policy')).toBe('"P3";q=200;w=20')
    expect(headers.get('ratelimit')).toBe('"P3";r=194;t=1')
  })

  it('counts variables with their defaults, and a point at least', async () => {
    await using started = await startGoverned()
    const requested = async (query: string, variables?: Record<string, unknown>) =>
      (await ask(started.url, query, variables)).body.extensions.cost
    const query = 'query($n: Int = 7) { things(first: $n) { id } }'
    expect(await requested(query)).toMatchObject({ requested: 7, actual: 7 })
    expect(await requested(query, { n: 12 })).toMatchObject({ requested: 12, actual: 12 })
    expect(await requested('{ things { id } }')).toMatchObject({ requested: 25, actual: 25 })
    expect(await requested('{ __typename }')).toMatchObject({ requested: 1, actual: 1 })
    expect(await requested('mutation { reserve(id: 1) { id } }')).toMatchObject({ requested: 11, actual: 11 })
    expect(await requested('{ __schema { queryType { name } } }')).toMatchObject({ requested: 50, actual: 50 })
  })

  it('gives everything back when nothing was executed', async () => {
    await using started = await startGoverned(
      governed({ plans: widePlans({ buckets: lanesOf(100) }), limiter: frozen() }),
    )
    const wrong = await ask(started.url, 'query($n: Int) { things(first: $n) { id } }', { n: 'many' })
    expect(wrong.body.errors[0].extensions.code).toBe('BAD_USER_INPUT')
    const { body } = await ask(started.url, '{ things(first: 1) { id } }')
    expect(body.extensions.cost.throttle.available).toBe(99)
  })

  it('is refused with the limit, what is allowed and the value', async () => {
    await using started = await startGoverned(governed({ plans: widePlans({ maxCost: 400, maxListNodes: 200 }) }))
    const refusal = async (query: string, variables?: Record<string, unknown>) => {
      const { status, body } = await ask(started.url, query, variables)
      const { code, details } = body.errors[0].extensions
      return [status, code, details]
    }
    expect(await refusal('{ dear }')).toEqual([400, 'QUERY_TOO_COSTLY', { limit: 'maxCost', allowed: 400, value: 500 }])
    expect(await refusal('query($n: Int) { things(first: $n) { id } }', { n: 101 })).toEqual([
      400,
      'BAD_USER_INPUT',
      { limit: 'maxPageSize', allowed: 100, value: 101 },
    ])
    expect(await refusal('{ things(first: 20) { parts(first: 10) { id } } }')).toEqual([
      400,
      'QUERY_TOO_COSTLY',
      { limit: 'maxListNodes', allowed: 200, value: 220 },
    ])
  })
})

describeBothRoads('rate limit over HTTP', () => {
  it('refuses a client that has used up its bucket, says when to come back, and lets others on', async () => {
    await using started = await startGoverned(
      governed({ plans: widePlans({ buckets: lanesOf(50, 10) }), limiter: frozen() }),
    )
    const page = (client: string) => ask(started.url, '{ things(first: 40) { id } }', {}, { 'x-client': client })
    expect((await page('acme')).status).toBe(200)
    const refused = await page('acme')
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('3')
    expect(refused.headers.get('ratelimit')).toBe('"P1";r=10;t=4')
    expect(refused.body).toEqual({
      errors: [
        {
          message: 'Cannot run the request now: it may cost 40 points, 10 of 50 are left in lane P1',
          extensions: expect.objectContaining({
            code: 'RATE_LIMITED',
            status: 429,
            retryable: true,
            retryAfterMs: 3000,
          }),
        },
      ],
      extensions: { cost: { requested: 40, actual: 0, throttle: { maximum: 50, available: 10, restoreRate: 10 } } },
    })
    expect((await page('other')).status).toBe(200)
  })

  it('keeps a bucket for each lane: exports use up nothing of reservations', async () => {
    await using started = await startGoverned(
      governed({ plans: widePlans({ buckets: { ...lanesOf(100), P3: bucket(51) } }), limiter: frozen() }),
    )
    const exported = () => ask(started.url, '{ exported { id } }')
    const statuses = [await exported(), await exported()].map(({ status }) => status)
    expect(statuses).toEqual([200, 429])
    expect((await ask(started.url, 'mutation { reserve(id: 1) { id } }')).status).toBe(200)
  })

  it('keeps a client in the lanes its plan allows', async () => {
    await using started = await startGoverned(governed({ plans: widePlans({ highestLane: 'P2' }) }))
    const { headers } = await ask(started.url, 'mutation { reserve(id: 1) { id } }')
    expect(headers.get('ratelimit')).toContain('"P2"')
  })

  it('tells addresses of one client apart where its plan says so', async () => {
    const plans = widePlans({ buckets: lanesOf(50), perAddress: true })
    await using started = await startGoverned(governed({ plans, limiter: frozen() }), { trustedProxies: ['127.0.0.1'] })
    const page = (address: string) =>
      ask(started.url, '{ things(first: 40) { id } }', {}, { 'x-forwarded-for': address })
    expect(
      [await page('192.0.2.1'), await page('192.0.2.1'), await page('192.0.2.2')].map(({ status }) => status),
    ).toEqual([200, 429, 200])
  })

  it('believes no forwarded address of a client that is no proxy', async () => {
    const plans = widePlans({ buckets: lanesOf(50), perAddress: true })
    await using started = await startGoverned(governed({ plans, limiter: frozen() }))
    const page = (address: string) =>
      ask(started.url, '{ things(first: 40) { id } }', {}, { 'x-forwarded-for': address })
    expect([await page('192.0.2.1'), await page('192.0.2.2')].map(({ status }) => status)).toEqual([200, 429])
  })
})
