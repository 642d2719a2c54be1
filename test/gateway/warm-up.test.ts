import { buildSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { buildCompiledExecutor } from '../../gateway/compiled-executor.ts'
import type { Supergraph } from '../../gateway/exchange.ts'
import type { BuildExecutor } from '../../gateway/executor-port.ts'
import { defaultQueryLimits } from '../../gateway/limits/index.ts'
import { createOperationStore } from '../../gateway/operations.ts'
import { parseManifest } from '../../gateway/persisted/manifest.ts'
import { readSupergraphRules } from '../../gateway/supergraph-rules.ts'
import { warmUp } from '../../gateway/warm-up.ts'
import { governed, shop, shopSdl, startGoverned } from '../support/governed-gateway.ts'
import { ask, post } from '../support/start-gateway.ts'

/** Compiles as ever, and notes what was made ready before it was asked. */
const noting = (ready: string[]): BuildExecutor => {
  return async (...given) => {
    const executor = await buildCompiledExecutor(...given)
    return {
      ...executor,
      prepare(operation, schema) {
        executor.prepare?.(operation, schema)
        ready.push(operation.name ?? operation.text)
      },
    }
  }
}

describe('operations are ready', () => {
  it('when a new supergraph comes into service: those asked of the old one, the latest first, as far as it has them', async () => {
    const ready: string[] = []
    await using started = await startGoverned(governed(), { buildExecutor: noting(ready) })
    const several = 'query One { count } query Two { things { id } }'
    await ask(started.url, '{ thing(id: "a") { label } }')
    await post(started.url, JSON.stringify({ query: several, operationName: 'Two' }))
    for (const query of ['{ nested }', '{ nothing }']) await ask(started.url, query)
    await ask(started.url, '{ oldCount }', {}, { 'api-version': '2026-10' })
    expect(ready).toEqual([])
    const next = shopSdl({ ...shop, typeDefs: shop.typeDefs.replace('nested(value: Nest): Int', '') })
    expect((await started.gateway.swapSupergraph(next)).kind).toBe('serving')
    expect(ready).toEqual(['{ oldCount }', 'One', 'Two', '{ thing(id: "a") { label } }'])
    expect((await ask(started.url, '{ oldCount }')).body.data).toEqual({ oldCount: 7 })
  })

  it('before the first request: registered ones', async () => {
    const ready: string[] = []
    const operation = (name: string, body: string) => ({ id: name, name, type: 'query', body })
    const manifest = parseManifest(
      JSON.stringify({
        format: 'apollo-persisted-query-manifest',
        version: 1,
        operations: [
          operation('Count', 'query Count { count }'),
          operation('Wrong', 'query Wrong { nothing }'),
          operation('Things', 'query Things { things { id } }'),
        ],
      }),
    )
    await using _ = await startGoverned(governed({ manifest }), { buildExecutor: noting(ready) })
    expect(ready).toEqual(['Count', 'Things'])
  })
})

it('ends at the bounds of the warm-up, however much is known', async () => {
  const schema = buildSchema('type Query { count: Int }')
  const unversioned = { name: 'unversioned', schema }
  const supergraph: Supergraph = {
    id: 'test',
    apiSchema: schema,
    unversioned,
    versions: new Map(),
    rules: readSupergraphRules('type Query { count: Int }'),
    authorizer: { restrict: () => null },
    operations: createOperationStore({ limits: defaultQueryLimits }),
    ready() {},
    run: async () => ({}),
  }
  function* endless() {
    for (let number = 0; ; number++) {
      yield { text: `{ a${number}: count }`, operationName: undefined, version: 'unversioned' }
    }
  }
  expect(await warmUp(supergraph, endless(), { maxOperations: 3, budgetMs: 60_000 })).toBe(3)
  expect(await warmUp(supergraph, endless(), { maxOperations: 3, budgetMs: 0 })).toBe(0)
})
