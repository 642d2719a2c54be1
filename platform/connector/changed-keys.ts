import type { EstateDocument } from './estate.ts'
import type { RowChange } from './postgres-stream.ts'

/** What has to be read again of one kind. */
export type ChangedDocuments = {
  readonly kind: string
  /** True when it is unknown which documents changed. */
  everything: boolean
  readonly keys: Set<string>
  /** Values that a lookup statement turns into keys, per statement. */
  readonly lookups: Map<string, Set<string>>
}

/** Collects which documents row changes touch, until they are taken. Bounded: past 100,000 keys a kind is read whole. */
export type ChangedKeys = {
  add(change: RowChange): void
  /** @returns what was collected since the last call; empty when nothing was */
  take(): readonly ChangedDocuments[]
}

export function createChangedKeys(documents: readonly EstateDocument[]): ChangedKeys {
  let collected = new Map<string, ChangedDocuments>()

  function entryOf(kind: string): ChangedDocuments {
    const found = collected.get(kind)
    if (found !== undefined) return found
    const entry = { kind, everything: false, keys: new Set<string>(), lookups: new Map<string, Set<string>>() }
    collected.set(kind, entry)
    return entry
  }

  const watches = documents.flatMap(({ kind, watch }) =>
    watch.map((entry) => ({ kind, ...entry, table: qualified(entry.table), key: entry.key.toLowerCase() })),
  )

  return {
    add(change) {
      for (const watch of watches) {
        if (watch.table !== change.table.toLowerCase()) continue
        const entry = entryOf(watch.kind)
        if (change.everything) entry.everything = true
        if (entry.everything) continue
        const values = change.rows.map((row) => row[watch.key]).filter((value) => value !== null && value !== undefined)
        // A deletion tells the replica identity only; when the key is not part of it, nobody knows whose it was.
        if (values.length === 0) entry.everything = true
        const target = targetOf(entry, watch.lookup)
        for (const value of values) target.add(String(value))
        if (target.size > mostKeys) entry.everything = true
        if (entry.everything) {
          entry.keys.clear()
          entry.lookups.clear()
        }
      }
    },
    take() {
      const taken = [...collected.values()]
      collected = new Map()
      return taken
    },
  }
}

const mostKeys = 100_000

function targetOf(entry: ChangedDocuments, lookup: string | undefined): Set<string> {
  if (lookup === undefined) return entry.keys
  const found = entry.lookups.get(lookup)
  if (found !== undefined) return found
  const values = new Set<string>()
  entry.lookups.set(lookup, values)
  return values
}

function qualified(table: string): string {
  return (table.includes('.') ? table : `public.${table}`).toLowerCase()
}
