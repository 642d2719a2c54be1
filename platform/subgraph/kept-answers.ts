import type { ExecutionResult } from 'graphql'
import { LRUCache } from 'lru-cache'
import { type NotedRests, noteRests } from '../cache/rests.ts'
import type { Viewer } from '../identity/viewer.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { Again, CompiledOperation, OperationRequest } from './executor/compile-operation.ts'
import type { Keeping } from './keeping.ts'
import type { SubgraphCall } from './subgraph.ts'

const bounds = { maxAnswers: 20_000, maxBytes: 64_000_000 }

type Kept = { readonly again: Again; readonly rests: NotedRests; readonly bytes: number }

type AnswerCall = (
  operation: CompiledOperation,
  variables: OperationRequest['variables'],
  call: SubgraphCall,
  createContext: (call: SubgraphCall) => object,
) => MaybePromise<ExecutionResult>

/**
 * Answers calls, and gives an answer again: to the same operation with the same variables for the same class of viewer, while
 * all that it was made of is what would be read now. See docs/decisions/042-storefront-cost.md.
 */
export function createKeptAnswers(keeping: Keeping): AnswerCall {
  const answers = new LRUCache<string, Kept>({
    max: bounds.maxAnswers,
    maxSize: bounds.maxBytes,
    sizeCalculation: ({ bytes }) => bytes,
  })
  const numbers = new WeakMap<CompiledOperation, number>()
  const neverKept = new WeakSet<CompiledOperation>()
  let count = 0

  function keyOf(operation: CompiledOperation, variables: OperationRequest['variables'], viewer: Viewer): string {
    let number = numbers.get(operation)
    if (number === undefined) {
      number = count += 1
      numbers.set(operation, number)
    }
    return `${number} ${keeping.classOf(viewer)} ${JSON.stringify(variables)}`
  }

  return (operation, variables, call, createContext) => {
    if (neverKept.has(operation)) return operation({ variables, contextValue: createContext(call) })
    const nowMs = call.now.getTime()
    const key = keyOf(operation, variables, call.viewer)
    const known = answers.get(key)
    if (known?.rests.areGoodAt(nowMs)) {
      const again = known.again.answer(() => createContext(call))
      if (again !== undefined) return again
    }
    const rests = noteRests(nowMs)
    const result = operation({
      variables,
      contextValue: createContext({ ...call, rests }),
      toKeep: {
        rests,
        answered(toAgain) {
          const again = rests.areGoodAt(nowMs) ? toAgain() : undefined
          if (again !== undefined) answers.set(key, { again, rests, bytes: again.size + 2 * key.length })
        },
      },
    })
    if (rests.isOnMore) neverKept.add(operation)
    return result
  }
}
