import { describe, expect, it } from 'vitest'
import { createPipeline, inOrder, type Stage, type StageName } from '../../gateway/pipeline.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { ask, defaultLimits, startGateway } from '../support/start-gateway.ts'

const passing = (name: StageName): Stage => ({ name, handle: (exchange, next) => next(exchange) })

describe('pipeline', () => {
  it('refuses stages out of order, twice or without an end', () => {
    expect(() => createPipeline([passing('parse'), passing('identify'), passing('execute')])).toThrow(
      'identify is out of order or there twice',
    )
    expect(() => createPipeline([passing('parse'), passing('parse'), passing('execute')])).toThrow('parse is out')
    expect(() => createPipeline([passing('parse')])).toThrow('it does not end with execute')
    expect(inOrder([passing('execute'), passing('rate'), passing('identify')]).map(({ name }) => name)).toEqual([
      'identify',
      'rate',
      'execute',
    ])
  })

  it('runs a stage that is put in, on the way in and on the way back, on first sight and later', async () => {
    const seen: string[] = []
    const cost: Stage = {
      name: 'cost',
      async handle(exchange, next) {
        seen.push(`in ${exchange.operation?.name}`)
        const result = await next(exchange)
        seen.push(`back ${JSON.stringify(result.data)}`)
        exchange.answerHeaders['x-cost'] = '3'
        return { ...result, extensions: { cost: 3 } }
      },
    }
    await using started = await startGateway({ stages: [cost] })
    const first = await ask(started.url, 'query Shelves { shelves }')
    const second = await ask(started.url, 'query Shelves { shelves }')
    expect(first.body).toEqual({ data: { shelves: ['A1', 'B2'] }, extensions: { cost: 3 } })
    expect(second.body).toEqual(first.body)
    expect(second.headers.get('x-cost')).toBe('3')
    expect(seen).toEqual(Array(2).fill(['in Shelves', 'back {"shelves":["A1","B2"]}']).flat())
  })

  it('refuses the request with the code that a stage throws, without calling a subgraph', async () => {
    const rate: Stage = {
      name: 'rate',
      handle() {
        throw new AppError('RATE_LIMITED', 'Cannot answer now: too many requests', { retryAfterMs: 250 })
      },
    }
    await using started = await startGateway({ stages: [rate] })
    const { status, body } = await ask(started.url, '{ hangs }')
    expect(status).toBe(429)
    expect(body).toMatchObject({
      errors: [{ extensions: { code: 'RATE_LIMITED', retryable: true, retryAfterMs: 250 } }],
    })
    expect(body).not.toHaveProperty('data')
  })

  it('refuses who cannot be identified', async () => {
    await using started = await startGateway({
      identify: () => Promise.reject(new AppError('UNAUTHENTICATED', 'Cannot sign in: the token is expired')),
    })
    const { status, body } = await ask(started.url, '{ nonsense')
    expect([status, body.errors[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED'])
  })

  it('answers alike on both roads, errors and their paths included', async () => {
    await using started = await startGateway()
    const query = '{ items { id restock } refused broken gtin(value: "96385074") }'
    const header = { 'x-correlation-id': 'the-same-one' }
    const first = await ask(started.url, query, {}, header)
    const second = await ask(started.url, query, {}, header)
    expect(first.body.errors).toHaveLength(3)
    expect(second.body).toEqual(first.body)
  })

  it('shows Apollo Server plugins every request, with our errors in the answer', async () => {
    const seen: unknown[] = []
    await using started = await startGateway({
      apolloPlugins: [
        {
          async requestDidStart() {
            return {
              async willSendResponse({ operationName, errors, contextValue }) {
                seen.push([operationName, errors?.length ?? 0, contextValue.exchange.viewer.kind])
              },
            }
          },
        },
      ],
    })
    await ask(started.url, 'query One { refused }')
    const { body } = await ask(started.url, 'query One { refused }')
    expect(body.errors[0].extensions.code).toBe('FORBIDDEN')
    expect(seen).toEqual(Array(2).fill(['One', 1, 'anonymous']))
  })

  it('ends a request at its deadline with what it has', async () => {
    await using started = await startGateway({ limits: { ...defaultLimits, requestDeadlineMs: 150 } })
    const { status, body } = await ask(started.url, '{ hangs now }')
    expect(status).toBe(200)
    expect(body).toMatchObject({ data: { hangs: null }, errors: [{ extensions: { code: 'UPSTREAM_TIMEOUT' } }, {}] })
  })

  it('ends a request whose stage does not heed the deadline', async () => {
    const lane: Stage = { name: 'lane', handle: () => new Promise(() => {}) }
    await using started = await startGateway({
      stages: [lane],
      limits: { ...defaultLimits, requestDeadlineMs: 50 },
    })
    const { status, body } = await ask(started.url, '{ now }')
    expect([status, body.errors[0].extensions.code]).toEqual([504, 'DEADLINE_EXCEEDED'])
  })
})
