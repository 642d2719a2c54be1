import { buildSchema, type ExecutionResult, GraphQLError, type GraphQLFormattedError, graphql, Source } from 'graphql'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../platform/errors/app-error.ts'
import { formatGraphQLError, fromFormattedError } from '../../../platform/errors/graphql-error.ts'

const schema = buildSchema('type Query { item(first: Int!): String }')

function format(error: unknown): { shown: GraphQLFormattedError; logged: unknown[] } {
  const logged: unknown[] = []
  const shown = formatGraphQLError(error, { correlationId: 'c-1', onInternal: (cause) => logged.push(cause) })
  return { shown, logged }
}

async function errorOf(source: string, item?: () => never, variables?: Record<string, unknown>): Promise<unknown> {
  const result: ExecutionResult = await graphql({
    schema,
    source,
    rootValue: { item: item ?? (() => 'x') },
    ...(variables === undefined ? {} : { variableValues: variables }),
  })
  return result.errors?.[0]
}

describe('formatGraphQLError', () => {
  it('shows an AppError with its path and the members of RFC 9457', async () => {
    const error = await errorOf('{ item(first: 1) }', () => {
      throw new AppError('RATE_LIMITED', 'Cannot read item: budget used up', {
        retryAfterMs: 250,
        details: { left: 0 },
      })
    })
    expect(format(error).shown).toEqual({
      message: 'Cannot read item: budget used up',
      locations: [{ line: 1, column: 3 }],
      path: ['item'],
      extensions: {
        code: 'RATE_LIMITED',
        type: 'urn:storeloom:error:rate-limited',
        title: 'Too many requests',
        status: 429,
        detail: 'Cannot read item: budget used up',
        retryable: true,
        retryAfterMs: 250,
        correlationId: 'c-1',
        details: { left: 0 },
      },
    })
  })

  it('hides what it does not know, and tells the log', async () => {
    const secret = 'connect ECONNREFUSED 10.0.0.7:5432'
    const error = await errorOf('{ item(first: 1) }', () => {
      throw new Error(secret)
    })
    const { shown, logged } = format(error)
    expect(shown).toMatchObject({
      message: 'Internal error',
      path: ['item'],
      extensions: { code: 'INTERNAL', status: 500 },
    })
    expect(JSON.stringify(shown)).not.toMatch(/ECONNREFUSED|10\.0\.0|stack|\.ts/)
    expect(logged).toEqual([error])
  })

  it('hides the text of a GraphQLError that a resolver made up', async () => {
    const error = await errorOf('{ item(first: 1) }', () => {
      throw new GraphQLError('select * from secrets failed', { extensions: { code: 'PG_42P01' } })
    })
    expect(format(error).shown).toMatchObject({ message: 'Internal error', extensions: { code: 'INTERNAL' } })
  })

  it('hides it under whatever code or beginning it hides behind', async () => {
    const thrown = (text: string, code?: string) => () => {
      throw new GraphQLError(text, code === undefined ? {} : { extensions: { code } })
    }
    const source = '{ item(first: 1) }'
    const internal = format(await errorOf(source, thrown('secret', 'INTERNAL'))).shown
    const located = { source: new Source('{ a }'), positions: [2], extensions: { code: 'PG_42601' } }
    const foreign = format(new GraphQLError('Syntax Error at secret', located)).shown
    const bare = format(await errorOf(source, thrown('Syntax Error at secret'))).shown
    expect([internal, foreign, bare].map((shown) => [shown.message, shown.extensions?.code])).toEqual(
      Array(3).fill(['Internal error', 'INTERNAL']),
    )
  })

  it('names a document that is not GraphQL', async () => {
    expect(format(await errorOf('{ item(')).shown.extensions).toMatchObject({
      code: 'GRAPHQL_PARSE_FAILED',
      status: 400,
    })
  })

  it('names a document that does not fit the schema', async () => {
    const { shown } = format(await errorOf('{ itme }'))
    expect(shown.extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' })
    expect(shown.message).toContain('itme')
  })

  it('names a variable of the wrong type', async () => {
    const error = await errorOf('query ($n: Int!) { item(first: $n) }', undefined, { n: 'many' })
    expect(format(error).shown.extensions).toMatchObject({ code: 'BAD_USER_INPUT' })
  })

  it("keeps the server's own codes and translates the ones that are not ours", () => {
    const known = new GraphQLError('no such hash', { extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } })
    const foreign = new GraphQLError('which operation', { extensions: { code: 'OPERATION_RESOLUTION_FAILURE' } })
    expect(format(known).shown.extensions).toMatchObject({ code: 'PERSISTED_QUERY_NOT_FOUND' })
    expect(format(foreign).shown.extensions).toMatchObject({ code: 'BAD_REQUEST' })
  })

  it('does not echo a large text back', () => {
    const { shown } = format(new AppError('BAD_REQUEST', 'x'.repeat(1_000_000)))
    expect(JSON.stringify(shown).length).toBeLessThan(2_000)
  })
})

describe('fromFormattedError', () => {
  it('reads back what another process formatted', () => {
    const error = new AppError('CURSOR_INVALID', 'Cannot page: forged', {
      details: { argument: 'after' },
      retryAfterMs: 5,
    })
    expect(fromFormattedError(format(error).shown)).toMatchObject({
      code: 'CURSOR_INVALID',
      message: 'Cannot page: forged',
      details: { argument: 'after' },
      retryAfterMs: 5,
    })
  })

  it('trusts no text that comes without one of our codes', () => {
    const error = fromFormattedError({ message: 'at 10.0.0.7', extensions: { code: 'WHATEVER' } })
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'Internal error' })
    expect(error.cause).toMatchObject({ message: 'at 10.0.0.7' })
  })
})
