import { describe, expect, it } from 'vitest'
import { chooseMediaType, statusOf } from '../../gateway/http-answer.ts'
import { noData } from '../../gateway/result-data.ts'

describe('media type of an answer', () => {
  it('is JSON unless the response type is asked for at least as much', () => {
    expect(chooseMediaType(undefined)).toBe('application/json')
    expect(chooseMediaType('*/*')).toBe('application/json')
    expect(chooseMediaType('text/html,application/xhtml+xml;q=0.9')).toBe('application/json')
    expect(chooseMediaType('application/graphql-response+json')).toBe('application/graphql-response+json')
    expect(chooseMediaType('application/json;q=0.5, application/graphql-response+json;q=0.9')).toBe(
      'application/graphql-response+json',
    )
    expect(chooseMediaType('application/json, application/graphql-response+json;q=0.9')).toBe('application/json')
    expect(chooseMediaType('application/graphql-response+json;q=0')).toBe('application/json')
  })
})

describe('status of an answer', () => {
  const refused = (code: string) => ({ errors: [{ message: '', extensions: { code } }] })

  it('is 200 whenever something was executed', () => {
    expect(statusOf({ data: noData, ...refused('UPSTREAM_TIMEOUT') }, 'application/graphql-response+json')).toBe(200)
  })

  it('is that of the first code otherwise', () => {
    expect(statusOf(refused('RATE_LIMITED'), 'application/json')).toBe(429)
    expect(statusOf(refused('GRAPHQL_VALIDATION_FAILED'), 'application/graphql-response+json')).toBe(400)
    expect(statusOf(refused('WHATEVER'), 'application/json')).toBe(500)
  })

  it('is 200 with application/json where GraphQL itself refuses the document', () => {
    expect(statusOf(refused('GRAPHQL_VALIDATION_FAILED'), 'application/json')).toBe(200)
    expect(statusOf(refused('BAD_REQUEST'), 'application/json')).toBe(400)
  })
})
