import { readFileSync } from 'node:fs'
import { buildSchema, parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildCompiledExecutor } from '../../gateway/compiled-executor.ts'
import { bareExamples, examples } from '../../gateway/graphiql/examples.ts'
import { readJoinGraph } from '../../gateway/join-graph.ts'
import { assetPath } from '../../platform/assets.ts'
import { type StartedGateway, startGateway } from '../support/start-gateway.ts'

describe('landing page', () => {
  let started: StartedGateway

  beforeAll(async () => {
    started = await startGateway({ examples })
  })
  afterAll(() => started[Symbol.asyncDispose]())

  it('comes whole from the gateway, and may load nothing from elsewhere', async () => {
    const page = await fetch(started.url)
    const html = await page.text()
    const urls = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '')
    expect(urls.length).toBeGreaterThanOrEqual(6)
    const bad = urls.filter((url) => !url.startsWith('/') && url !== 'data:,')
    expect(bad).toEqual([])
    const sizes = []
    for (const url of urls.filter((one) => one.startsWith('/'))) {
      const file = await fetch(new URL(url, started.url))
      expect([url, file.status]).toEqual([url, 200])
      sizes.push((await file.arrayBuffer()).byteLength)
    }
    expect(Math.max(...sizes)).toBeGreaterThan(500_000)
    const policy = page.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'; script-src 'self'; ")
    expect(policy).toContain("connect-src 'self'")
  })

  it('shows examples that the graph can answer', async () => {
    const sent = await (await fetch(`${started.url}/graphiql/examples.json`)).json()
    expect(sent).toEqual(examples)
    const supergraphSdl = readFileSync(assetPath('schema/supergraph.graphql'), 'utf8')
    const unused = new Map(
      [...readJoinGraph(supergraphSdl).keys()].map((name) => [
        name,
        { name, call: async () => ({ data: null }), async [Symbol.asyncDispose]() {} },
      ]),
    )
    await using executor = await buildCompiledExecutor(supergraphSdl, unused)
    expect(examples.flatMap(({ query }) => validate(executor.apiSchema, parse(query)))).toEqual([])
    const any = buildSchema('type Query { a: Int }')
    expect(bareExamples.flatMap(({ query }) => validate(any, parse(query)))).toEqual([])
  })
})
