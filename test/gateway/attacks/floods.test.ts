import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parsePlans } from '../../../gateway/plans/plans.ts'
import { contain, outcomeOf } from '../../support/attack.ts'
import { governed, startGoverned } from '../../support/governed-gateway.ts'
import { ask, post, type StartedGateway } from '../../support/start-gateway.ts'

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex')
const named = (sha256Hash: string, query?: string) =>
  JSON.stringify({ query, extensions: { persistedQuery: { version: 1, sha256Hash } } })

/** Anonymous visitors have a small bucket for each address; the ordinary client has a wide one. */
const plans = (() => {
  const bucketsOf = (maximum: number) => {
    const bucket = { maximum, restoreRate: 1 }
    return { P0: bucket, P1: bucket, P2: bucket, P3: bucket }
  }
  const kinds = { anonymous: 'small', shopper: 'small', staff: 'wide', partner: 'wide', service: 'wide' }
  return parsePlans(
    JSON.stringify({
      plans: {
        small: { maxCost: 100, perAddress: true, buckets: bucketsOf(300) },
        wide: { maxCost: 2_000, buckets: bucketsOf(1_000_000) },
      },
      kinds,
    }),
  )
})()

describe('attacks by number', () => {
  let target: StartedGateway
  const inTens = async <T>(count: number, send: (index: number) => Promise<T>): Promise<T[]> => {
    const answers: T[] = []
    for (let start = 0; start < count; start += 10) {
      answers.push(...(await Promise.all(Array.from({ length: 10 }, (_, offset) => send(start + offset)))))
    }
    return answers
  }

  beforeAll(async () => {
    target = await startGoverned(governed({ plans }))
  })
  afterAll(() => target[Symbol.asyncDispose]())

  it('a flood of requests by one client', async () => {
    const last = await contain(target, async () => {
      const answers = await inTens(600, () => ask(target.url, '{ things(first: 2) { id } }'))
      const codes = answers.map(outcomeOf)
      expect(codes.filter(([status]) => status === 200).length).toBeLessThan(320)
      expect(codes.filter(([status, code]) => status === 429 && code === 'RATE_LIMITED').length).toBeGreaterThan(250)
      return ask(target.url, '{ things(first: 100) { id } }')
    })
    expect(outcomeOf(last)).toEqual([429, 'RATE_LIMITED'])
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('persisted queries that are poisoned: another text under a known hash', async () => {
    const [good, evil] = ['{ things(first: 1) { id } }', '{ exported { id } }']
    const wide = { 'x-client': 'another' }
    const send = (body: string) => post(target.url, body, wide)
    expect(outcomeOf(await contain(target, () => send(named(hashOf(good), evil))))).toEqual([400, 'BAD_REQUEST'])
    expect(outcomeOf(await contain(target, () => send(named(hashOf(good)))))).toEqual([
      404,
      'PERSISTED_QUERY_NOT_FOUND',
    ])
    expect(outcomeOf(await contain(target, () => send(named(hashOf(good), good))))).toEqual([200, 'ok'])
    expect((await send(named(hashOf(good)))).body.data).toEqual({ things: [{ id: 't0' }] })
  })

  it('floods of persisted queries: unknown hashes, invalid and valid documents', async () => {
    await contain(target, async () => {
      const wide = { 'x-client': 'another' }
      const answers = await inTens(300, (index) => {
        const text = index % 3 === 0 ? `{ a${index}: things(first: 1) { id } }` : `{ nope${index} }`
        return post(target.url, index % 3 === 1 ? named(hashOf(text)) : named(hashOf(text), text), wide)
      })
      const outcomes = new Set(answers.map((answer) => outcomeOf(answer).join(' ')))
      expect([...outcomes].sort()).toEqual(['200 ok', '400 GRAPHQL_VALIDATION_FAILED', '404 PERSISTED_QUERY_NOT_FOUND'])
      return post(target.url, named('x'.repeat(100_000)), wide)
    })
  })
})
