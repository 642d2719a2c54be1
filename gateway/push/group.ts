import type { GraphQLFormattedError } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { LogPosition, RecordedEvent } from '../../platform/event-log/event-log.ts'
import { comparePositions } from '../../platform/event-log/position.ts'
import type { AnswerPayloads, Telling } from './answer-payloads.ts'
import type { Crossing, EventMatcher } from './event-filter.ts'
import { createConflatedQueue, createLosslessQueue, type FollowerQueue } from './follower-queue.ts'
import type { LogBatch } from './log-reader.ts'
import type { PushObserver, StreamLabels } from './push-observer.ts'
import type { Delivery, Plan, Registration, StreamEnd } from './registration.ts'
import type { BoundCursors } from './stream-cursor.ts'

/** How a transport is told. */
export type FollowerEvents = {
  /** Something may be taken. May be called any number of times. */
  onReady(): void
  /** The last call: the stream is over. What still waits may be taken first. */
  onEnd(end: StreamEnd): void
}

/** One client's place in a group. */
export type Member = {
  readonly events: FollowerEvents
  /** Made when first needed. */
  queue: FollowerQueue | null
  /** `replay`: reads by itself from `through` on; `live`: is told what the group is told. */
  mode: 'live' | 'replay' | 'ended'
  /** Everything of the stream up to here waits in the queue or was taken. */
  through: LogPosition
  /** Of what was taken last, or where it began. */
  takenCursor: string
  readonly expiresAtMs: number | null
  /** Called when the queue has run empty. */
  onEmpty: (() => void) | null
}

/** Everyone who follows the same selection in the same name: each event is answered once for all of them. */
export type Group = {
  readonly registration: Registration
  readonly labels: StreamLabels
  readonly cursors: BoundCursors
  readonly members: Set<Member>
  plan(): Plan
  /** Goes on with a new plan; the events on their way are answered by the old one. */
  replan(plan: Plan, matcher: EventMatcher): void
  at(): LogPosition
  offer(batch: LogBatch): void
  /** For one who reads by itself; in log order, conflated where the stream is. */
  tell(events: readonly RecordedEvent[], crossing: Crossing | null): Promise<readonly Delivery[]>
  answer(tellings: readonly Telling[]): Promise<readonly (Delivery | null)[]>
  /** @returns false when the member's queue is full */
  enqueue(member: Member, delivery: Delivery): boolean
  end(member: Member, error: GraphQLFormattedError): void
}

export type GroupDeps = {
  readonly registration: Registration
  readonly plan: Plan
  readonly matcher: EventMatcher
  readonly crossing: Crossing | null
  readonly cursors: BoundCursors
  readonly labels: StreamLabels
  readonly at: LogPosition
  readonly answerPayloads: AnswerPayloads
  readonly observer: PushObserver
  readonly onFailed: (group: Group, error: unknown) => void
  readonly onBehind: (group: Group, member: Member) => void
  readonly cursorOf: (group: Group, member: Member) => string
}

/** Events that may wait for their answers; with more, everyone reads by themselves. */
const mostWaiting = 2_000
const mostRemembered = 10_000

export function createGroup(deps: GroupDeps): Group {
  const { registration, cursors, labels, crossing, observer } = deps
  const members = new Set<Member>()
  let { plan, matcher, at } = deps
  let waiting: { readonly matched: readonly RecordedEvent[]; readonly to: LogPosition }[] = []
  let waitingEvents = 0
  let draining = false
  const lastTold = plan.prepared.field.distinct ? new LRUCache<string, string>({ max: mostRemembered }) : null

  async function drain(): Promise<void> {
    draining = true
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      waitingEvents -= next.matched.length
      try {
        const deliveries = members.size === 0 ? [] : await group.tell(next.matched, crossing)
        dispatch(deliveries.filter(isNews))
        at = next.to
      } catch (error) {
        // Before the place moves on: whoever ends must be able to come back to what failed.
        deps.onFailed(group, error)
        at = next.to
      }
    }
    draining = false
  }

  function isNews({ key, sameness }: Delivery): boolean {
    if (lastTold === null) return true
    const same = lastTold.get(key) === sameness
    if (!same) lastTold.set(key, sameness)
    return !same
  }

  function dispatch(deliveries: readonly Delivery[]): void {
    if (deliveries.length === 0) return
    for (const member of members) {
      if (member.mode !== 'live') continue
      let told = false
      for (const delivery of deliveries) {
        const position = delivery.event?.position
        if (position === undefined || comparePositions(position, member.through) <= 0) continue
        if (!group.enqueue(member, delivery)) {
          member.mode = 'replay'
          deps.onBehind(group, member)
          break
        }
        member.through = position
        told = true
      }
      if (told) member.events.onReady()
    }
  }

  const group: Group = {
    registration,
    labels,
    cursors,
    members,
    plan: () => plan,
    replan(next, nextMatcher) {
      plan = next
      matcher = nextMatcher
    },
    at: () => at,
    offer({ events, to }) {
      const matched = events.filter(matcher)
      if (matched.length === 0 && !draining) {
        at = to
        return
      }
      waiting.push({ matched, to })
      waitingEvents += matched.length
      if (waitingEvents > mostWaiting) {
        waiting = [{ matched: [], to }]
        waitingEvents = 0
        for (const member of members) {
          if (member.mode !== 'live') continue
          member.mode = 'replay'
          deps.onBehind(group, member)
        }
      }
      if (!draining) void drain()
    },
    async tell(events, ownCrossing) {
      const crossed = ownCrossing === null ? events : await ownCrossing(events)
      const told = plan.prepared.field.delivery === 'conflated' ? newestOfEach(crossed, plan) : crossed
      if (told.length < crossed.length) observer.conflated(labels, crossed.length - told.length)
      if (told.length === 0) return []
      const deliveries = await group.answer(told.map((event) => toTelling(event, plan)))
      const shown = deliveries.filter((delivery) => delivery !== null)
      if (shown.length < deliveries.length) observer.withheld(labels, deliveries.length - shown.length)
      return shown
    },
    answer: (tellings) => deps.answerPayloads(registration, plan, cursors, tellings),
    enqueue(member, delivery) {
      member.queue ??= plan.prepared.field.delivery === 'conflated' ? createConflatedQueue() : createLosslessQueue()
      return member.queue.add(delivery)
    },
    end(member, error) {
      if (member.mode === 'ended') return
      const cursor = deps.cursorOf(group, member)
      member.mode = 'ended'
      members.delete(member)
      observer.ended(labels, String(error.extensions?.code ?? 'INTERNAL'))
      member.events.onEnd({
        error: { ...error, extensions: { ...error.extensions, cursor } },
        cursor,
      })
    },
  }
  return group
}

export function toTelling(event: RecordedEvent, { prepared }: Plan): Telling {
  return {
    kind: 'event',
    typeName: prepared.field.eventType,
    event,
    data: event.data,
    position: event.position,
    atMs: Date.parse(event.recordedTime),
  }
}

function newestOfEach(events: readonly RecordedEvent[], { prepared, args }: Plan): readonly RecordedEvent[] {
  const newest = new Map<string, RecordedEvent>()
  for (const event of events) {
    const key = String(prepared.field.key({ event, cursor: '', args: args.selecting }) ?? event.id)
    newest.delete(key)
    newest.set(key, event)
  }
  return [...newest.values()]
}
