import { AppError } from '../../platform/errors/app-error.ts'
import type { LogPosition } from '../../platform/event-log/event-log.ts'
import { comparePositions } from '../../platform/event-log/position.ts'
import { pause } from '../../platform/resilience/backoff.ts'
import { createBudget } from './budget.ts'
import { createCrossing, createMatcher, type EventMatcher } from './event-filter.ts'
import { createGroup, type Group, type Member } from './group.ts'
import type { Hub, HubDeps, HubGraph } from './hub-port.ts'
import { createLogReader } from './log-reader.ts'
import { createOpenings, unfinished } from './openings.ts'
import { expired, shuttingDown, tooMany } from './refusals.ts'
import { type Plan, type Registration, sharingKeyOf } from './registration.ts'
import { createRememberedAnswers } from './remembered-answers.ts'
import { createReplay } from './replay.ts'
import { snapshotData } from './snapshot.ts'
import { readStreamArguments } from './stream-arguments.ts'
import type { StreamPlace } from './stream-cursor.ts'

export type { Follower, Hub, HubGraph } from './hub-port.ts'

const sweepMs = 1_000

export function createHub(deps: HubDeps, first: HubGraph): Hub {
  const { eventLog, observer, limits, clock } = deps
  const stopping = new AbortController()
  const groups = new Map<string, Group>()
  const matchers = new WeakMap<Group, EventMatcher>()
  const perClient = new Map<string, number>()
  const remembered = createRememberedAnswers(deps.answerPayloads)
  let current = first
  let followers = 0
  let types = typesOf(first)

  const reader = createLogReader({
    eventLog,
    settle: deps.settle,
    types: () => types,
    onBatch(batch) {
      for (const group of groups.values()) group.offer(batch)
    },
    onFault: deps.onInternal,
    pollMs: deps.pollMs,
  })
  const openings = createOpenings({ reader, observer, clock })
  const replay = createReplay({
    reader,
    eventLog,
    observer,
    atOnce: 16,
    mostReplayed: limits.mostReplayed,
    matcherOf: (group) => matchers.get(group) ?? (() => false),
    onOverflow: (group, member) => openings.tellGap(group, member, 'OVERFLOW'),
    onFailed: (group, member, error) => group.end(member, deps.format(error, undefined)),
  })
  const sweeping = sweep()

  function plan(registration: Registration): Plan {
    const { graph } = current
    const schema = current.schemaOf(registration.version)
    if (schema === null) throw new AppError('VERSION_RETIRED', 'Cannot go on: the API version is no longer served')
    const prepared = graph.prepare(registration.operation)
    const args = readStreamArguments(prepared, registration.operation.node, schema, registration.variables)
    return { graph, prepared, args }
  }

  function groupOf(registration: Registration, planned: Plan, at: LogPosition): Group {
    const key = sharingKeyOf(registration, planned)
    const known = groups.get(key)
    if (known !== undefined) return known
    const { viewer, version } = registration
    const { field } = planned.prepared
    const matcher = createMatcher(field, planned.args.selecting)
    const group = createGroup({
      registration,
      plan: planned,
      matcher,
      crossing: createCrossing(field, planned.args.selecting, eventLog),
      cursors: deps.cursors.bind({ viewer, version, field: field.name, selecting: planned.args.selecting }),
      labels: { client: viewer.clientId, field: field.name },
      at,
      answerPayloads: remembered.of(key, () => (groups.get(key)?.members.size ?? 0) > 1),
      observer,
      onFailed(failed, error) {
        const formatted = deps.format(error, undefined)
        for (const member of failed.members) if (member.mode === 'live') failed.end(member, formatted)
      },
      onBehind: replay.begin,
      cursorOf,
    })
    matchers.set(group, matcher)
    groups.set(key, group)
    return group
  }

  function cursorOf(group: Group, member: Member): string {
    const waiting = member.queue?.size() ?? 0
    if (waiting > 0) return member.takenCursor
    const live = member.mode === 'live' && comparePositions(group.at(), member.through) > 0
    const position = live ? group.at() : member.through
    return group.cursors.encode({ position, atMs: clock().getTime() })
  }

  function leave(group: Group, member: Member): void {
    member.mode = 'ended'
    group.members.delete(member)
    member.onEmpty?.()
  }

  /** Once a second: who is no longer who they were, and whether anybody follows at all. */
  async function sweep(): Promise<void> {
    let idleSince: number | null = null
    while (!stopping.signal.aborted) {
      await pause(sweepMs, stopping.signal)
      const now = clock().getTime()
      for (const [key, group] of groups) {
        for (const member of group.members) {
          if (member.expiresAtMs !== null && member.expiresAtMs <= now)
            group.end(member, deps.format(expired(), undefined))
        }
        if (group.members.size === 0) groups.delete(key)
      }
      await endInvalid()
      idleSince = groups.size > 0 ? null : (idleSince ?? now)
      if (idleSince !== null && now - idleSince > 30_000) reader.pause()
    }
  }

  async function endInvalid(): Promise<void> {
    // Everyone in a group is the same viewer by the same proof.
    await Promise.all(
      [...groups.values()].map(async (group) => {
        try {
          if (await deps.isStillValid(group.registration)) return
          for (const member of group.members) group.end(member, deps.format(expired(), undefined))
        } catch (error) {
          deps.onInternal(error)
        }
      }),
    )
  }

  observer.count(() =>
    [...groups.values()].flatMap((group) => {
      const live = [...group.members].filter(({ mode }) => mode === 'live').length
      return [
        { ...group.labels, state: 'live' as const, count: live },
        { ...group.labels, state: 'replay' as const, count: group.members.size - live },
      ]
    }),
  )

  return {
    size: () => followers,
    place(registration, cursor) {
      const { prepared, args } = plan(registration)
      const { viewer, version } = registration
      return deps.cursors
        .bind({ viewer, version, field: prepared.field.name, selecting: args.selecting })
        .decode(cursor)
    },
    async follow(registration, cursor, events, pay = null) {
      if (stopping.signal.aborted) throw shuttingDown()
      const planned = plan(registration)
      const { viewer, version } = registration
      const { field } = planned.prepared
      const { selecting, after, initial } = planned.args
      const bound = deps.cursors.bind({ viewer, version, field: field.name, selecting })
      const from = cursor ?? after
      const place = from === null ? null : begun(bound.decode(from))
      if (place === null && initial === 'SNAPSHOT') snapshotData(field, selecting)
      const client = `${viewer.tenant}\0${viewer.clientId}`
      const own = perClient.get(client) ?? 0
      if (own >= limits.mostPerClient) throw tooMany(limits.mostPerClient)
      perClient.set(client, own + 1)
      followers += 1
      let gone = false
      const release = () => {
        if (gone) return
        gone = true
        followers -= 1
        const left = (perClient.get(client) ?? 1) - 1
        if (left === 0) perClient.delete(client)
        else perClient.set(client, left)
      }
      try {
        const at = await reader.start()
        const group = groupOf(registration, planned, at)
        const member: Member = {
          events: {
            onReady: () => events.onReady(),
            onEnd(end) {
              release()
              events.onEnd(end)
            },
          },
          queue: null,
          mode: 'replay',
          through: place?.position ?? at,
          takenCursor: bound.encode(
            place ?? { position: initial === 'SNAPSHOT' ? unfinished : at, atMs: clock().getTime() },
          ),
          expiresAtMs: viewer.expiresAtMs ?? null,
          onEmpty: null,
        }
        group.members.add(member)
        await open(group, member, place, initial)
        const budget = pay === null ? null : createBudget(pay, events.onReady, () => observer.slowed(group.labels))
        return {
          take() {
            if (budget !== null && (member.queue?.size() ?? 0) > 0 && !budget.isPaid()) return null
            const delivery = member.queue?.take() ?? null
            if (delivery === null) return null
            budget?.spend()
            member.takenCursor = delivery.cursor
            const replaced = member.queue?.replaced() ?? 0
            if (replaced > 0) observer.conflated(group.labels, replaced)
            const { recordedMs } = delivery
            observer.delivered(group.labels, recordedMs === null ? null : clock().getTime() - recordedMs)
            if (member.queue?.size() === 0) member.onEmpty?.()
            return delivery
          },
          cursor: () => cursorOf(group, member),
          close() {
            budget?.[Symbol.dispose]()
            release()
            leave(group, member)
          },
        }
      } catch (error) {
        release()
        throw error
      }
    },
    reload(next, find) {
      current = next
      types = typesOf(next)
      remembered.clear()
      reader.forget()
      for (const [key, group] of groups) {
        const { registration } = group
        try {
          const planned = plan({ ...registration, operation: find(registration) })
          const matcher = createMatcher(planned.prepared.field, planned.args.selecting)
          group.replan(planned, matcher)
          matchers.set(group, matcher)
        } catch (error) {
          groups.delete(key)
          for (const member of [...group.members]) group.end(member, deps.format(error, undefined))
        }
      }
    },
    async [Symbol.asyncDispose]() {
      stopping.abort()
      for (const group of groups.values()) {
        for (const member of [...group.members]) group.end(member, deps.format(shuttingDown(), undefined))
      }
      await reader[Symbol.asyncDispose]()
      await sweeping
    },
  }

  async function open(group: Group, member: Member, place: StreamPlace | null, initial: string): Promise<void> {
    try {
      if (place !== null && clock().getTime() - place.atMs > limits.retentionMs) {
        await openings.tellGap(group, member, 'RETENTION')
      } else if (place === null && initial === 'SNAPSHOT') {
        await openings.tellSnapshot(group, member)
      }
    } catch (error) {
      leave(group, member)
      throw error
    }
    if (comparePositions(member.through, group.at()) >= 0) member.mode = 'live'
    else replay.begin(group, member)
  }
}

/** @returns null for the place of a snapshot that was not told to its end: it is taken again */
function begun(place: StreamPlace): StreamPlace | null {
  return comparePositions(place.position, unfinished) === 0 ? null : place
}

function typesOf({ graph }: HubGraph): readonly string[] {
  return [...new Set([...graph.streams.values()].flatMap(({ events }) => [...events]))]
}
