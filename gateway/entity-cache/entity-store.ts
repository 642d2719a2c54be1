import { LRUCache } from 'lru-cache'
import { isDataObject } from '../executor/data.ts'
import { createRecentDrops, type DropStamp } from './recent-drops.ts'

export type EntityStoreOptions = {
  /** Most entities. */
  readonly maxEntries: number
  /** Most memory of their answers, estimated. */
  readonly maxBytes: number
}

/** Plain numbers, so that counting costs an addition. */
export type EntityCounts = { hits: number; misses: number; dropped: number; refused: number }

/** Answers kept in this process, by entity and by what was asked of it, and by whom. */
export type EntityStore = {
  now(): DropStamp
  /** Not to be changed. undefined: not kept. */
  get(entity: string, asked: string): object | null | undefined
  /** Unless the entity was dropped since `stamp`. @returns whether it is kept now */
  put(entity: string, asked: string, answer: object | null, stamp: DropStamp): boolean
  /** What is known of the entity, whatever was asked. */
  drop(entity: string): void
  dropAll(): void
  readonly entries: () => number
  readonly bytes: () => number
  readonly counts: EntityCounts
}

/** Different questions kept of one entity; the oldest goes first. */
const maxAnswers = 16
/** Drops remembered for calls under way. */
const maxDrops = 10_000

type Kept = { readonly answers: Map<string, object | null>; readonly bytes: number }

export function createEntityStore({ maxEntries, maxBytes }: EntityStoreOptions): EntityStore {
  const kept = new LRUCache<string, Kept>({ max: maxEntries, maxSize: maxBytes, sizeCalculation: ({ bytes }) => bytes })
  const drops = createRecentDrops(maxDrops)
  const counts: EntityCounts = { hits: 0, misses: 0, dropped: 0, refused: 0 }
  return {
    now: drops.now,
    get: (entity, asked) => kept.get(entity)?.answers.get(asked),
    put(entity, asked, answer, stamp) {
      if (drops.isDroppedSince(entity, stamp)) return false
      const answers = kept.peek(entity)?.answers ?? new Map<string, object | null>()
      answers.delete(asked)
      answers.set(asked, answer)
      if (answers.size > maxAnswers) {
        for (const oldest of answers.keys()) {
          answers.delete(oldest)
          break
        }
      }
      let bytes = entryBytes + entity.length
      for (const one of answers.values()) bytes += answerBytes + bytesOf(one)
      // A new object each time: of the same one the size is not taken again.
      kept.set(entity, { answers, bytes })
      return true
    },
    drop(entity) {
      drops.drop(entity)
      if (kept.delete(entity)) counts.dropped += 1
    },
    dropAll() {
      counts.dropped += kept.size
      drops.dropAll()
      kept.clear()
    },
    entries: () => kept.size,
    bytes: () => kept.calculatedSize,
    counts,
  }
}

const entryBytes = 200
const answerBytes = 100
const memberBytes = 16

/** Letters as two bytes, whatever the engine makes of them. */
function bytesOf(value: unknown): number {
  if (typeof value === 'string') return memberBytes + 2 * value.length
  if (Array.isArray(value)) return value.reduce((bytes: number, one) => bytes + bytesOf(one), 3 * memberBytes)
  if (!isDataObject(value)) return memberBytes
  let bytes = 3 * memberBytes
  for (const key in value) bytes += memberBytes + bytesOf(value[key])
  return bytes
}
