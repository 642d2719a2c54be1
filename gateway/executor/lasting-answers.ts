import { LRUCache } from 'lru-cache'
import { createSeen } from '../../platform/cache/seen.ts'
import type { Renew } from '../../platform/subgraph/executor/plan.ts'
import type { Lasting } from '../../platform/subgraph/lasting.ts'
import type { SubgraphTransport } from '../../platform/subgraph/transport.ts'
import type { PlanCall, RequiredSelection } from './plan.ts'
import type { ExecuteRequest, TextAnswer } from './prepared.ts'
import { fillHoles, type HoleNotes, type TextWithHoles } from './text-holes.ts'
import type { Weights } from './weights.ts'

const bounds = { maxAnswers: 20_000, maxBytes: 64_000_000, maxSeenChars: 4_000_000 }

/**
 * Whole answers, each given again while all the subgraph answers it was made of are lasting: nothing is planned, asked, merged
 * or written then but what tells moments and ages. See docs/decisions/042-storefront-cost.md.
 */
export type LastingAnswers = {
  /** @returns undefined where a call of the plan goes to a subgraph whose answers are not lasting */
  ofPlan(calls: readonly PlanCall[], transports: ReadonlyMap<string, SubgraphTransport>): PlannedAnswers | undefined
}

/** Those of one plan, and of one shape of what the client gets. */
export type PlannedAnswers = {
  /** The same for requests that are answered the same; undefined: an answer to this one cannot be kept. */
  keyOf(request: ExecuteRequest): string | undefined
  /** @returns undefined where it has to be made anew */
  again(key: string, request: ExecuteRequest): TextAnswer | undefined
  /** Whether it is worth keeping: it was asked for before. */
  mayKeep(key: string): boolean
  /** @returns the answer as it is to be given */
  keep(key: string, answer: TextAnswer, notes: HoleNotes): TextAnswer
}

type Kept = TextWithHoles & {
  readonly parts: readonly Pick<Lasting, 'again'>[]
  readonly weigh: TextAnswer['weigh']
}

/** An estimate, with the closures that a part is. */
const partBytes = 500
const holeBytes = 120

/** Answers to requests that may be answered so: given again, or made anew. Plain numbers, so that counting costs nothing. */
export type WholeAnswerCounts = { again: number; made: number }

export const createLastingAnswers = (counts: WholeAnswerCounts): LastingAnswers => {
  const answers = new LRUCache<string, Kept>({
    max: bounds.maxAnswers,
    maxSize: bounds.maxBytes,
    sizeCalculation: ({ text, holes, parts }, key) =>
      text.length + 2 * key.length + holes.length * holeBytes + parts.length * partBytes,
  })
  const wasAsked = createSeen(bounds.maxSeenChars)
  let count = 0

  const again = (key: string, request: ExecuteRequest): TextAnswer | undefined => {
    const kept = answers.get(key)
    if (kept === undefined) return undefined
    const renews: Renew[] = []
    for (const part of kept.parts) {
      const renew = part.again(request)
      if (renew === undefined) return undefined
      renews.push(renew)
    }
    const text = fillHoles(kept, renews)
    return text === undefined ? undefined : { text, errors: noErrors, weigh: kept.weigh }
  }

  return {
    ofPlan(calls, transports) {
      const asked = [...new Set(calls.map(({ service }) => transports.get(service)))]
      if (asked.some((transport) => transport?.classOf === undefined)) return undefined
      const required = new Set(calls.flatMap(({ lookups }) => lookups.flatMap(({ requires }) => keysOf(requires))))
      count += 1
      const head = `${count} `
      return {
        keyOf({ variables, headers }) {
          let key = head
          for (const transport of asked) {
            const viewerClass = transport?.classOf?.(headers)
            if (viewerClass === undefined) return undefined
            key += `${viewerClass.length} ${viewerClass}`
          }
          return key + JSON.stringify(variables)
        },
        again(key, request) {
          const answer = again(key, request)
          if (answer === undefined) counts.made += 1
          else counts.again += 1
          return answer
        },
        mayKeep: wasAsked,
        keep(key, answer, notes) {
          const holes = notes.holesUnless(required)
          if (holes === undefined) return answer
          const { text } = answer
          const bytes = Buffer.from(text)
          const weigh = answer.weigh && weighOnce(answer.weigh)
          answers.set(key, { text: bytes, isAscii: bytes.length === text.length, holes, parts: notes.parts, weigh })
          return { ...answer, weigh }
        },
      }
    },
  }
}

const noErrors: readonly never[] = []

/** An operation's answers are always weighed by the same weights; once that is done the data is let go. */
const weighOnce = (weigh: (weights: Weights) => number | undefined): TextAnswer['weigh'] => {
  let known: { readonly weights: Weights; readonly total: number | undefined } | undefined
  let make: typeof weigh | undefined = weigh
  return (weights) => {
    if (known === undefined && make !== undefined) known = { weights, total: make(weights) }
    make = undefined
    return known?.weights === weights ? known.total : undefined
  }
}

const keysOf = (selections: readonly RequiredSelection[]): string[] =>
  selections.flatMap((selection) => [
    ...(selection.kind === 'field' ? [selection.from] : []),
    ...keysOf(selection.selections ?? []),
  ])
