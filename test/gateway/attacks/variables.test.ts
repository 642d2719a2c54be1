import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contain, outcomeOf, startTarget } from '../../support/attack.ts'
import { post, type StartedGateway } from '../../support/start-gateway.ts'

describe('attacks by variables', () => {
  let target: StartedGateway
  const query = 'query($value: Nest) { nested(value: $value) }'
  const send = (variables: string) =>
    contain(target, () => post(target.url, `{"query":${JSON.stringify(query)},"variables":${variables}}`))

  beforeAll(async () => {
    target = await startTarget()
  })
  afterAll(() => target[Symbol.asyncDispose]())

  it('nested deeper than any stack', async () => {
    const objects = await send(`{"value":${'{"inner":'.repeat(10_000)}{}${'}'.repeat(10_000)}}`)
    expect(outcomeOf(objects)).toEqual([400, 'QUERY_TOO_COMPLEX'])
    expect(objects.body.errors[0].extensions.details).toEqual({ limit: 'maxVariableDepth', allowed: 16, value: 17 })
    expect(outcomeOf(await send(`{"value":${'['.repeat(60_000)}${']'.repeat(60_000)}}`))).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
    ])
    expect(outcomeOf(await send(`{"unused":${'['.repeat(60_000)}${']'.repeat(60_000)}}`))).toEqual([
      400,
      'QUERY_TOO_COMPLEX',
    ])
  })

  it('of many values', async () => {
    const many = await send(`{"value":{"list":[${Array(6_000).fill('{}').join(',')}]}}`)
    expect(many.body.errors[0].extensions.details).toMatchObject({ limit: 'maxVariableValues', allowed: 5_000 })
  })

  it('huge texts and numbers', async () => {
    expect(outcomeOf(await send(`{"value":{"number":${'9'.repeat(100_000)}}}`))).toEqual([400, 'BAD_USER_INPUT'])
    expect(outcomeOf(await send(`{"value":"${'x'.repeat(100_000)}"}`))).toEqual([400, 'BAD_USER_INPUT'])
    expect(outcomeOf(await send(`{"value":{"number":1e400}}`))).toEqual([400, 'BAD_USER_INPUT'])
  })

  it('named __proto__, constructor and toString', async () => {
    const names = await send('{"__proto__":{"value":{"number":1}},"constructor":{"prototype":{"polluted":true}}}')
    expect(outcomeOf(names)).toEqual([200, 'ok'])
    expect(outcomeOf(await send('{"value":{"__proto__":{"number":1}}}'))).toEqual([400, 'BAD_USER_INPUT'])
    expect(outcomeOf(await send('{"value":{"toString":1,"constructor":2}}'))).toEqual([400, 'BAD_USER_INPUT'])
    expect(Reflect.get({}, 'polluted')).toBeUndefined()
    const alias = '{ __proto__: nested constructor: nested toString: nested }'
    const aliased = await contain(target, () => post(target.url, JSON.stringify({ query: alias })))
    expect(outcomeOf(aliased)).toEqual([200, 'ok'])
  })

  it('unknown ones by the thousand, whose names are not suggested', async () => {
    const fields = Array.from({ length: 3_000 }, (_, index) => `"numbe${index}":1`).join(',')
    const unknown = await send(`{"value":{${fields}}}`)
    expect(outcomeOf(unknown)).toEqual([400, 'BAD_USER_INPUT'])
    expect(unknown.body.errors.length).toBeLessThanOrEqual(21)
  })
})
