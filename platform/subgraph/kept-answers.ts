import type { ExecutionResult } from 'graphql'
import { LRUCache } from 'lru-cache'
import { type NotedRests, noteRests } from '../cache/rests.ts'
import { createSeen } from '../cache/seen.ts'
import type { Viewer } from '../identity/viewer.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { Again, CompiledOperation, OperationRequest } from './executor/compile-operation.ts'
import type { Renew, Renewed } from './executor/plan.ts'
import type { Keeping } from './keeping.ts'
import type { SubgraphCall } from './subgraph.ts'

const bounds = { maxAnswers: 20_000, maxBytes: 64_000_000, maxSeenChars: 4_000_000 }

type Kept = { readonly again: Again; readonly rests: NotedRests; readonly bytes: number }

type AnswerCall = (
  operation: CompiledOperation,
  variables: OperationRequest['variables'],
  call: SubgraphCall,
  createContext: (call: SubgraphCall) => object,
  wantsLasting: boolean,
) => Answered

export type Answered = {
  readonly result: MaybePromise<ExecutionResult>
  /** See `Lasting`. */
  readonly lasting?: { readonly renewed: Renewed; again(call: SubgraphCall): Renew | undefined } | undefined
}

/**
 * Answers calls, and from the second time that it is asked for keeps an answer, to give it again: to the same operation with the same variables for the same class of viewer, while
 * all that it was made of is what would be read now. See docs/decisions/042-storefront-cost.md.
 */
export function createKeptAnswers(keeping: Keeping): AnswerCall {
  const answers = new LRUCache<string, Kept>({
    max: bounds.maxAnswers,
    maxSize: bounds.maxBytes,
    sizeCalculation: ({ bytes }) => bytes,
  })
  const wasAsked = createSeen(bounds.maxSeenChars)
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

  return (operation, variables, call, createContext, wantsLasting) => {
    if (neverKept.has(operation)) return { result: operation({ variables, contextValue: createContext(call) }) }
    const nowMs = call.now.getTime()
    const key = keyOf(operation, variables, call.viewer)
    const known = answers.get(key)
    if (known?.rests.areGoodAt(nowMs)) {
      const renewed: Renewed | undefined = wantsLasting ? new Map() : undefined
      const result = known.again.answer(() => createContext(call), renewed)
      if (result !== undefined) return { result, lasting: renewed && toLasting(known, renewed, createContext) }
    }
    if (!wasAsked(key)) return { result: operation({ variables, contextValue: createContext(call) }) }
    const rests = noteRests(nowMs)
    let lasting: Answered['lasting']
    const result = operation({
      variables,
      contextValue: createContext({ ...call, rests }),
      toKeep: {
        rests,
        answered(toAgain, renewed) {
          const again = rests.areGoodAt(nowMs) ? toAgain() : undefined
          if (again === undefined) return
          const kept = { again, rests, bytes: again.size + 2 * key.length }
          answers.set(key, kept)
          if (wantsLasting) lasting = toLasting(kept, renewed, createContext)
        },
      },
    })
    if (rests.isOnMore) neverKept.add(operation)
    return { result, lasting }
  }
}

function toLasting(
  { rests, again }: Kept,
  renewed: Renewed,
  createContext: (call: SubgraphCall) => object,
): Answered['lasting'] {
  return {
    renewed,
    again: (call) => (rests.areGoodAt(call.now.getTime()) ? again.renew(() => createContext(call)) : undefined),
  }
}
