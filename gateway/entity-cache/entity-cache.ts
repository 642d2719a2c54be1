import type { AppliedEvents } from '../../platform/event-log/applied-events.ts'
import type { RecordedEvent } from '../../platform/event-log/event-log.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { copyData, isDataObject } from '../executor/data.ts'
import type { KeepableEntity, KeepableLookup, KeptAnswers, KeptEntities } from '../executor/keepable.ts'
import type { EntityRule } from './entity-rules.ts'
import type { EntityStore } from './entity-store.ts'

export type EntityCacheOptions = {
  readonly store: EntityStore
  /** What tells of changes, to this process, after its read models show them. */
  readonly applied: AppliedEvents
  /**
   * By subgraph, the event types its read models apply. Only subgraphs of this process: another one's caches may show a change
   * later than the events are known here.
   */
  readonly appliedBy: ReadonlyMap<string, ReadonlySet<string>>
  /** Rises when a read model serves what is outdated, its database being away. */
  readonly staleServed: () => number
}

/** By subgraph: entities that were not asked for, and that were. */
export type Tally = Record<string, { hits: number; misses: number }>

/** What is kept of the entities of one supergraph. Disposing it drops all. */
export type EntityCache = Disposable & {
  readonly keepable: readonly KeepableEntity[]
  /** Follows changes from here on; before it nothing may be kept. */
  start(): void
  /** For one request. @param tally counts are added to it */
  for(viewer: Viewer, tally: Tally): KeptEntities
}

/** @throws RangeError when a rule rests on an event that no read model of its subgraph applies */
export function createEntityCache(declared: readonly EntityRule[], options: EntityCacheOptions): EntityCache {
  const { store, applied, appliedBy, staleServed } = options
  const rules = declared.filter(({ service }) => appliedBy.has(service))
  const byEvent = new Map<string, EntityRule[]>()
  for (const rule of rules) {
    for (const type of rule.events) {
      if (!appliedBy.get(rule.service)?.has(type)) {
        throw new RangeError(`Cannot keep ${rule.typeName}: no read model of ${rule.service} applies ${type}`)
      }
      byEvent.set(type, [...(byEvent.get(type) ?? []), rule])
    }
  }

  function dropChanged(event: RecordedEvent): void {
    for (const rule of byEvent.get(event.type) ?? []) {
      const ids = rule.ids.map((read) => read({ event, cursor: '', args: {} })).filter((id) => typeof id === 'string')
      // An event that names nothing may mean anything.
      if (ids.length === 0) store.dropAll()
      for (const id of ids) store.drop(keyOf(rule, id))
    }
  }

  let following: Disposable | undefined

  function open({ entity, selection }: KeepableLookup, viewer: Viewer, tally: Tally): KeptAnswers {
    const rule = rules.find((candidate) => candidate === entity)
    if (rule === undefined) throw new TypeError(`Cannot open ${entity.typeName}: it is not of this cache`)
    const asked = classOf(rule, viewer) + selection
    const stamp = store.now()
    const staleBefore = staleServed()
    tally[rule.service] ??= { hits: 0, misses: 0 }
    const count = tally[rule.service] ?? { hits: 0, misses: 0 }
    return {
      take(id) {
        const known = store.get(keyOf(rule, id), asked)
        if (known === undefined) {
          count.misses += 1
          store.counts.misses += 1
          return undefined
        }
        count.hits += 1
        store.counts.hits += 1
        return toObject(known)
      },
      keep(ids, answers) {
        const isOutdated = staleServed() !== staleBefore
        for (const [index, id] of ids.entries()) {
          if (id === undefined) continue
          const isKept = !isOutdated && store.put(keyOf(rule, id), asked, toObject(answers[index]), stamp)
          if (!isKept) store.counts.refused += 1
        }
      },
    }
  }

  return {
    keepable: rules,
    start() {
      following ??= applied.subscribe({
        applied(events) {
          for (const event of events) dropChanged(event)
        },
        appliedUnknown: store.dropAll,
      })
    },
    for: (viewer, tally) => ({ open: (lookup) => open(lookup, viewer, tally) }),
    [Symbol.dispose]() {
      following?.[Symbol.dispose]()
      store.dropAll()
    },
  }
}

/** Viewers of one class see the same of an entity. */
function classOf({ sees }: EntityRule, viewer: Viewer): string {
  let bits = ''
  for (const policy of sees) bits += policy.decide(viewer).allowed ? '1' : '0'
  return bits
}

function keyOf({ service, typeName }: EntityRule, id: string): string {
  return `${service}.${typeName}:${id}`
}

/** What is kept and what a request merges into share nothing. */
function toObject(answer: unknown) {
  const copy = copyData(answer)
  return isDataObject(copy) ? copy : null
}
