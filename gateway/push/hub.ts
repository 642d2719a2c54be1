import type { GraphQLFormattedError, GraphQLSchema } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import type { EventLog, LogPosition } from '../../platform/event-log/event-log.ts'
import { comparePositions } from '../../platform/event-log/position.ts'
import { pause } from '../../platform/resilience/backoff.ts'
import type { AnswerPayloads } from './answer-payloads.ts'
import { createCrossing, createMatcher, type EventMatcher } from './event-filter.ts'
import type { EventGraph } from './event-graph.ts'
import { createGroup, type FollowerEvents, type Group, type Member } from './group.ts'
import { createLogReader } from './log-reader.ts'
import type { PushObserver } from './push-observer.ts'
import { type Delivery, type Plan, type Registration, sharingKeyOf } from './registration.ts'
import { createReplay } from './replay.ts'
import { snapshotData } from './snapshot.ts'
import { readStreamArguments } from './stream-arguments.ts'
import type { StreamCursors, StreamPlace } from './stream-cursor.ts'

export type HubLimits = {
  /** Streams of one client (tenant and client id), whatever they come over. */
  readonly mostPerClient: number
  /** How old a cursor may be; an older one begins with a gap. */
  readonly retentionMs: number
  /** Events that are sent again before a gap is told instead. */
  readonly mostReplayed: number
}

export type HubDeps = {
  readonly eventLog: EventLog
  readonly settle: (position: LogPosition, signal: AbortSignal) => Promise<void>
  readonly cursors: StreamCursors
  readonly answerPayloads: AnswerPayloads
  readonly format: (error: unknown, correlationId: string | undefined) => GraphQLFormattedError
  readonly observer: PushObserver
  readonly clock: Clock
  readonly limits: HubLimits
  readonly pollMs: number
  /** Asked every second or two of everyone who follows; false ends their streams. */
  readonly isStillValid: (registration: Registration) => Promise<boolean>
  readonly onInternal: (error: unknown) => void
}

/** The supergraph in service, as streams see it. */
export type HubGraph = {
  readonly graph: EventGraph
  /** @returns null when no such version is served any more */
  schemaOf(version: string): GraphQLSchema | null
}

export type Follower = {
  /** The next message, or null when nothing waits. Never waits itself. */
  take(): Delivery | null
  /** Where a client that has got everything taken so far may go on. */
  cursor(): string
  /** Ends it from the client's side; `onEnd` is not called. */
  close(): void
}

/** Turns registered selections into ordered deliveries: the one way from the log to clients, whatever the transport. */
export type Hub = AsyncDisposable & {
  /**
   * @param cursor where to go on; overrides the field's argument `after`. Of a stream that goes on, `initial` is not asked
   * @throws AppError `CURSOR_INVALID`, `BAD_USER_INPUT`, `BAD_REQUEST`, `NOT_FOUND`, `RATE_LIMITED`, `SHUTTING_DOWN`
   */
  follow(registration: Registration, cursor: string | null, events: FollowerEvents): Promise<Follower>
  /** Where a cursor of this registration stands. @throws AppError `CURSOR_INVALID` when it is of another, or as `follow` */
  place(registration: Registration, cursor: string): StreamPlace
  /** Goes on with another supergraph: streams whose fields are gone end with a cursor, all others do not notice. */
  reload(next: HubGraph, find: (registration: Registration) => Registration['operation'] | AppError): void
  /** How many streams there are. */
  size(): number
}

/** Stands for the place of who has got a part of a snapshot: nowhere in the log. */
const unfinished: LogPosition = { transactionId: 2n ** 64n - 1n, row: 0n }
const sweepMs = 1_000
const validityMs = 2_000
const rememberedChars = 16_000_000

export function createHub(deps: HubDeps, first: HubGraph): Hub {
  const { eventLog, observer, limits, clock } = deps
  const stopping = new AbortController()
  const groups = new Map<string, Group>()
  const matchers = new WeakMap<Group, EventMatcher>()
  const perClient = new Map<string, number>()
  /** Answers that others of the same group may be told again: by group and event. */
  const answered = new LRUCache<string, Delivery>({
    max: 10_000,
    maxSize: rememberedChars,
    sizeCalculation: ({ text }) => text.length + 200,
  })
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
  const replay = createReplay({
    reader,
    eventLog,
    observer,
    atOnce: 16,
    mostReplayed: limits.mostReplayed,
    matcherOf: (group) => matchers.get(group) ?? (() => false),
    onOverflow: (group, member) => tellGap(group, member, 'OVERFLOW'),
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
      answerPayloads: remembering(key),
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

  /** Those who read by themselves what others have been told need not have it answered again. */
  function remembering(groupKey: string): AnswerPayloads {
    return async (registration, planned, cursors, tellings) => {
      const keyOf = (id: string | undefined) => `${id}\0${groupKey}`
      const known = tellings.map(({ event }) => (event === null ? undefined : answered.get(keyOf(event.id))))
      const missing = tellings.filter((_, index) => known[index] === undefined)
      if (missing.length === 0) return known.map((delivery) => delivery ?? null)
      const fresh = await deps.answerPayloads(registration, planned, cursors, missing)
      let next = 0
      return known.map((delivery) => {
        if (delivery !== undefined) return delivery
        const made = fresh[next++] ?? null
        if (made !== null && made.event !== null && (groups.get(groupKey)?.members.size ?? 0) > 1) {
          answered.set(keyOf(made.event.id), made)
        }
        return made
      })
    }
  }

  function cursorOf(group: Group, member: Member): string {
    const waiting = member.queue?.size() ?? 0
    if (waiting > 0) return member.takenCursor
    const live = member.mode === 'live' && comparePositions(group.at(), member.through) > 0
    const position = live ? group.at() : member.through
    return group.cursors.encode({ position, atMs: clock().getTime() })
  }

  async function tellGap(group: Group, member: Member, reason: string): Promise<void> {
    const { prepared } = group.plan()
    const to = await reader.start()
    const fromCursor = group.cursors.encode({ position: member.through, atMs: clock().getTime() })
    const place: StreamPlace = { position: to, atMs: clock().getTime() }
    observer.gap(group.labels, reason)
    if (prepared.field.gapType === null) {
      throw new AppError(
        'CURSOR_INVALID',
        `Cannot go on: too much lies between (${reason}); subscribe without a cursor`,
      )
    }
    const resyncWith =
      'Subscribe with initial: SNAPSHOT, or read what you keep anew; this stream goes on from `toCursor`'
    const [gap] = await group.answer([
      {
        kind: 'gap',
        typeName: prepared.field.gapType,
        event: null,
        data: { fromCursor, toCursor: group.cursors.encode(place), reason, resyncWith },
        ...place,
      },
    ])
    if (gap !== undefined && gap !== null) group.enqueue(member, gap)
    member.through = to
    member.events.onReady()
  }

  async function tellSnapshot(group: Group, member: Member): Promise<void> {
    const { prepared, args } = group.plan()
    const { snapshotType } = prepared.field
    const place: StreamPlace = { position: member.through, atMs: clock().getTime() }
    const tellings = snapshotData(prepared.field, args.selecting).map((data, index, all) => ({
      kind: 'snapshot' as const,
      typeName: snapshotType ?? '',
      event: null,
      data,
      ...place,
      // Who has got only a part of it has got nothing to go on from.
      ...(index < all.length - 1 ? { position: unfinished } : {}),
    }))
    for (const delivery of await group.answer(tellings)) {
      if (delivery !== null) group.enqueue(member, delivery)
    }
    member.events.onReady()
  }

  function leave(group: Group, member: Member): void {
    member.mode = 'ended'
    group.members.delete(member)
    member.onEmpty?.()
  }

  /** Once a second: who is no longer who they were, and whether anybody follows at all. */
  async function sweep(): Promise<void> {
    let idleSince: number | null = null
    let nextValidity = 0
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
      if (now >= nextValidity) {
        nextValidity = now + validityMs
        await endInvalid()
      }
      idleSince = groups.size > 0 ? null : (idleSince ?? now)
      if (idleSince !== null && now - idleSince > 30_000) reader.pause()
    }
  }

  async function endInvalid(): Promise<void> {
    for (const group of [...groups.values()]) {
      try {
        if (await deps.isStillValid(group.registration)) continue
        for (const member of group.members) group.end(member, deps.format(expired(), undefined))
      } catch (error) {
        deps.onInternal(error)
      }
    }
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
    async follow(registration, cursor, events) {
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
        return {
          take() {
            const delivery = member.queue?.take() ?? null
            if (delivery === null) return null
            member.takenCursor = delivery.cursor
            const replaced = member.queue?.replaced() ?? 0
            if (replaced > 0) observer.conflated(group.labels, replaced)
            const recorded = delivery.event?.recordedTime
            observer.delivered(group.labels, recorded === undefined ? null : clock().getTime() - Date.parse(recorded))
            if (member.queue?.size() === 0) member.onEmpty?.()
            return delivery
          },
          cursor: () => cursorOf(group, member),
          close() {
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
      answered.clear()
      reader.forget()
      for (const [key, group] of groups) {
        const { registration } = group
        const operation = find(registration)
        try {
          if (operation instanceof AppError) throw operation
          const planned = plan({ ...registration, operation })
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
        await tellGap(group, member, 'RETENTION')
      } else if (place === null && initial === 'SNAPSHOT') {
        await tellSnapshot(group, member)
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

function expired(): AppError {
  return new AppError(
    'UNAUTHENTICATED',
    'Cannot go on: the proof of who you are has ended; go on with a new one from the cursor',
  )
}

function shuttingDown(): AppError {
  return new AppError(
    'SHUTTING_DOWN',
    'Cannot go on here: the gateway is shutting down; go on elsewhere from the cursor',
    {
      retryable: true,
      retryAfterMs: 250 + Math.floor(Math.random() * 4_750),
    },
  )
}

function tooMany(allowed: number): AppError {
  return new AppError(
    'RATE_LIMITED',
    `Cannot subscribe: this client has ${allowed} streams open, allowed is ${allowed}`,
    {
      details: { allowed },
    },
  )
}
