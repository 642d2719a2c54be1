import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors/app-error.ts'
import { type ApiKeys, isKey, keyIdOf, type StoredKey } from './api-keys.ts'
import type { Viewer } from './viewer.ts'

export type KeyChecker = {
  /** At once for a key in use. @throws AppError `UNAUTHENTICATED` */
  viewerOf(key: string): Viewer | Promise<Viewer>
  /** Whether the key of this id is still good. */
  isGood(id: string): boolean | Promise<boolean>
}

type Entry = { readonly stored: StoredKey | null; readonly readAtMs: number; refreshing: boolean; known: string | null }

/** From this age on what is known of a key is read again while it goes on being used. */
const refreshAfterMs = 400
/** Past this age it is not used any more: a key revoked anywhere ends here within a second, or nobody gets in. */
const maxAgeMs = 900
const maxKnown = 10_000

/** Checks API keys against what the database said less than a second ago. Keys in use wait for no statement. */
export function createKeyChecker(deps: {
  readonly keys: Pick<ApiKeys, 'read'>
  readonly clock: Clock
  readonly onFailure: (error: unknown) => void
}): KeyChecker {
  const { keys, clock, onFailure } = deps
  const entries = new LRUCache<string, Entry>({ max: maxKnown })
  const reading = new Map<string, Promise<Entry>>()

  function read(id: string): Promise<Entry> {
    const underWay = reading.get(id)
    if (underWay !== undefined) return underWay
    // The answer is as old as the question.
    const readAtMs = clock().getTime()
    const made = keys
      .read(id)
      .then((stored) => {
        const entry: Entry = { stored, readAtMs, refreshing: false, known: null }
        entries.set(id, entry)
        return entry
      })
      .finally(() => reading.delete(id))
    reading.set(id, made)
    return made
  }

  function entryOf(id: string): Entry | Promise<Entry> {
    const entry = entries.get(id)
    if (entry === undefined) return read(id)
    const ageMs = clock().getTime() - entry.readAtMs
    if (ageMs >= maxAgeMs || ageMs < 0) return read(id)
    if (ageMs >= refreshAfterMs && !entry.refreshing) {
      entry.refreshing = true
      read(id).catch(onFailure)
    }
    return entry
  }

  function isAlive({ stored }: Entry): boolean {
    if (stored === null || stored.revokedAt !== null) return false
    return stored.expiresAt === null || clock().getTime() < stored.expiresAt.getTime()
  }

  function admit(entry: Entry, key: string): Viewer {
    if (entry.stored === null || !isAlive(entry)) throw refusal()
    if (entry.known !== key) {
      if (!isKey(key, entry.stored)) throw refusal()
      entry.known = key
    }
    return entry.stored.viewer
  }

  return {
    viewerOf(key) {
      const id = keyIdOf(key)
      if (id === null) throw refusal()
      const entry = entryOf(id)
      return entry instanceof Promise ? entry.then((read) => admit(read, key)) : admit(entry, key)
    },
    isGood(id) {
      const entry = entryOf(id)
      return entry instanceof Promise ? entry.then(isAlive) : isAlive(entry)
    },
  }
}

function refusal(): AppError {
  return new AppError('UNAUTHENTICATED', 'Cannot accept the API key: it is unknown, expired or revoked')
}
