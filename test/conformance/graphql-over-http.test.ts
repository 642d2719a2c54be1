import { type AuditResult, serverAudits } from 'graphql-http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeBothRoads } from '../support/both-roads.ts'
import { type StartedGateway, startGateway } from '../support/start-gateway.ts'

/** The audits of https://github.com/graphql/graphql-http against the running gateway. */
describeBothRoads('GraphQL over HTTP', () => {
  let started: StartedGateway
  let results: readonly AuditResult[]
  const failed = (level: string) =>
    results
      .filter(isFailed)
      .filter(({ name }) => name.startsWith(`${level} `))
      .map(show)

  beforeAll(async () => {
    started = await startGateway()
    results = await Promise.all(serverAudits({ url: `${started.url}/graphql` }).map((audit) => audit.fn()))
  })
  afterAll(() => started[Symbol.asyncDispose]())

  it('MUST: passes every audit', () => {
    expect(failed('MUST')).toEqual([])
    expect(results.filter(({ name }) => name.startsWith('MUST ')).length).toBeGreaterThanOrEqual(13)
  })

  it('SHOULD: passes every audit, of which there are 23 or more', () => {
    expect(failed('SHOULD')).toEqual([])
    expect(results.filter(({ name }) => name.startsWith('SHOULD ')).length).toBeGreaterThanOrEqual(23)
  })

  it('MAY: leaves out nothing but GETs that another site could have sent', () => {
    expect(failed('MAY')).toEqual([
      '5A70 MAY accept application/x-www-form-urlencoded formatted GET requests',
      'D6D5 MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/graphql-response+json',
      '6A70 MAY allow URL-encoded JSON string {variables} parameter in GETs when accepting application/json',
    ])
  })
})

function isFailed({ status }: AuditResult): boolean {
  return status !== 'ok'
}

function show({ id, name }: AuditResult): string {
  return `${id} ${name}`
}
