import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { buildCompiledExecutor } from '../../gateway/compiled-executor.ts'
import { defaultQueryLimits } from '../../gateway/limits/index.ts'
import { createOperationStore } from '../../gateway/operations.ts'
import { composeRetail } from '../support/retail-subgraphs.ts'
import { inProcessTransports } from '../support/start-gateway.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

it('what was compiled of an operation goes with it, out of the bounded store', async () => {
  await using executor = await buildCompiledExecutor(composeRetail(), inProcessTransports([]))
  const schema = executor.apiSchema
  const store = createOperationStore({ limits: defaultQueryLimits })
  const run = async (text: string) => {
    const found = store.find(text, undefined, schema)
    if (found.kind === 'refused') throw new Error(found.errors[0]?.message)
    const signal = AbortSignal.timeout(10_000)
    const { data } = await executor.execute({
      operation: found.operation,
      schema,
      variables: {},
      headers: {},
      signal,
      takeParts: null,
    })
    expect(data?.value).toEqual({ shelves: ['A1', 'B2'] })
    return new WeakRef(found.operation)
  }
  const first = await run('{ shelves }')
  const isGone = () => first.deref() === undefined
  expect(isGone()).toBe(false)
  for (let index = 0; index < 5_000; index++) store.find(`{ a${index}: shelves }`, undefined, schema)
  await expect
    .poll(
      () => {
        collectGarbage()
        return isGone()
      },
      { timeout: 10_000 },
    )
    .toBe(true)
})
