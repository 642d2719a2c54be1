import { AppError } from '../../platform/errors/app-error.ts'
import type { EventLog } from '../../platform/event-log/event-log.ts'
import { comparePositions } from '../../platform/event-log/position.ts'
import { createCrossing, type EventMatcher } from './event-filter.ts'
import type { Group, Member } from './group.ts'
import type { LogReader } from './log-reader.ts'
import type { PushObserver } from './push-observer.ts'

export type ReplayDeps = {
  readonly reader: LogReader
  readonly eventLog: EventLog
  readonly observer: PushObserver
  /** Pages being read at once; more wait. */
  readonly atOnce: number
  /** Deliveries after which a client that is still behind is told of a gap instead. */
  readonly mostReplayed: number
  readonly matcherOf: (group: Group) => EventMatcher
  readonly onOverflow: (group: Group, member: Member) => Promise<void>
  readonly onFailed: (group: Group, member: Member, error: unknown) => void
}

/** Reads the log for members that are behind, as fast as each takes what is read, until they are live. */
export type Replay = { begin(group: Group, member: Member): void }

export function createReplay(deps: ReplayDeps): Replay {
  const { reader, eventLog, observer } = deps
  const reading = new WeakSet<Member>()
  const queue: (() => void)[] = []
  let running = 0

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (running >= deps.atOnce) await new Promise<void>((resolve) => queue.push(resolve))
    else running += 1
    try {
      return await work()
    } finally {
      const next = queue.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }

  async function run(group: Group, member: Member): Promise<void> {
    const { prepared, args } = group.plan()
    const crossing = createCrossing(prepared.field, args.selecting, eventLog)
    let replayed = 0
    while (isBehind(member)) {
      await untilEmpty(member)
      if (!isBehind(member)) return
      if (replayed > deps.mostReplayed) {
        await deps.onOverflow(group, member)
        replayed = 0
        continue
      }
      const page = await inTurn(async () => {
        const read = await reader.page(member.through, [...prepared.field.events])
        const matched = read.events.filter(deps.matcherOf(group))
        return { read, deliveries: matched.length === 0 ? [] : await group.tell(matched, crossing) }
      })
      if (!isBehind(member)) return
      const { read, deliveries } = page
      replayed += deliveries.length
      for (const delivery of deliveries) {
        if (!group.enqueue(member, delivery)) await untilEmptyThen(group, member, delivery)
        if (delivery.event !== null) member.through = delivery.event.position
      }
      member.through = read.position
      if (deliveries.length > 0) {
        observer.replayed(group.labels, deliveries.length)
        member.events.onReady()
      }
      if (!read.more && comparePositions(read.position, group.at()) >= 0) {
        member.mode = 'live'
        return
      }
    }
  }

  /** A page of large answers can be more than a queue holds; what does not fit waits for the rest to be taken. */
  async function untilEmptyThen(
    group: Group,
    member: Member,
    delivery: Parameters<Group['enqueue']>[1],
  ): Promise<void> {
    member.events.onReady()
    await untilEmpty(member)
    if (isBehind(member)) group.enqueue(member, delivery)
  }

  return {
    begin(group, member) {
      if (reading.has(member)) return
      reading.add(member)
      run(group, member).then(
        () => reading.delete(member),
        (error: unknown) => {
          reading.delete(member)
          deps.onFailed(group, member, error instanceof AppError ? error : AppError.from(error))
        },
      )
    },
  }
}

function isBehind({ mode }: Member): boolean {
  return mode === 'replay'
}

function untilEmpty(member: Member): Promise<void> {
  if (member.queue === null || member.queue.size() === 0 || member.mode === 'ended') return Promise.resolve()
  return new Promise((resolve) => {
    member.onEmpty = () => {
      member.onEmpty = null
      resolve()
    }
  })
}
