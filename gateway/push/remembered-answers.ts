import { LRUCache } from 'lru-cache'
import type { AnswerPayloads } from './answer-payloads.ts'
import type { Delivery } from './registration.ts'

/** Answers that others of the same group may be told again: who reads by itself what others have been told. */
export type RememberedAnswers = {
  /** @param isShared whether remembering is worth its memory: there is someone else in the group */
  of(groupKey: string, isShared: () => boolean): AnswerPayloads
  clear(): void
}

const bounds = { max: 10_000, maxSize: 16_000_000 }

export function createRememberedAnswers(answerPayloads: AnswerPayloads): RememberedAnswers {
  const answered = new LRUCache<string, Delivery>({ ...bounds, sizeCalculation: ({ text }) => text.length + 200 })
  return {
    of: (groupKey, isShared) => async (registration, plan, cursors, tellings) => {
      const keyOf = (id: string) => `${id}\0${groupKey}`
      const known = tellings.map(({ event }) => (event === null ? undefined : answered.get(keyOf(event.id))))
      const missing = tellings.filter((_, index) => known[index] === undefined)
      if (missing.length === 0) return known.map((delivery) => delivery ?? null)
      const fresh = await answerPayloads(registration, plan, cursors, missing)
      let next = 0
      return known.map((delivery) => {
        if (delivery !== undefined) return delivery
        const made = fresh[next++] ?? null
        if (made !== null && made.event !== null && isShared()) answered.set(keyOf(made.event.id), made)
        return made
      })
    },
    clear: () => answered.clear(),
  }
}
