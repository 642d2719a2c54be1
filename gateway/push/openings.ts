import type { Clock } from '../../platform/clock.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import type { LogPosition } from '../../platform/event-log/event-log.ts'
import type { Group, Member } from './group.ts'
import type { LogReader } from './log-reader.ts'
import type { PushObserver } from './push-observer.ts'
import { snapshotData } from './snapshot.ts'
import type { StreamPlace } from './stream-cursor.ts'

/** What a member is told that is no event. */
export type Openings = {
  /** Tells that not everything can be told, and goes on at the end of the log. */
  tellGap(group: Group, member: Member, reason: 'RETENTION' | 'OVERFLOW'): Promise<void>
  /** Tells how everything the arguments name stands. @throws AppError `BAD_USER_INPUT` when they do not name it */
  tellSnapshot(group: Group, member: Member): Promise<void>
}

/** Stands for the place of who has got a part of a snapshot: nowhere in the log. */
export const unfinished: LogPosition = { transactionId: 2n ** 64n - 1n, row: 0n }

export function createOpenings(deps: {
  readonly reader: Pick<LogReader, 'start'>
  readonly observer: Pick<PushObserver, 'gap'>
  readonly clock: Clock
}): Openings {
  return {
    async tellGap(group, member, reason) {
      const { prepared } = group.plan()
      const atMs = deps.clock().getTime()
      const to: StreamPlace = { position: await deps.reader.start(), atMs }
      const fromCursor = group.cursors.encode({ position: member.through, atMs })
      deps.observer.gap(group.labels, reason)
      if (prepared.field.gapType === null) {
        throw new AppError(
          'CURSOR_INVALID',
          `Cannot go on: too much lies between (${reason}); subscribe without a cursor`,
        )
      }
      const resyncWith =
        'Subscribe with initial: SNAPSHOT, or read what you keep anew; this stream goes on from `toCursor`'
      const data = { fromCursor, toCursor: group.cursors.encode(to), reason, resyncWith }
      const [gap] = await group.answer([{ kind: 'gap', typeName: prepared.field.gapType, event: null, data, ...to }])
      if (gap !== undefined && gap !== null) group.enqueue(member, gap)
      member.through = to.position
      member.events.onReady()
    },

    async tellSnapshot(group, member) {
      const { prepared, args } = group.plan()
      const place: StreamPlace = { position: member.through, atMs: deps.clock().getTime() }
      const tellings = snapshotData(prepared.field, args.selecting).map((data, index, all) => ({
        kind: 'snapshot' as const,
        typeName: prepared.field.snapshotType ?? '',
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
    },
  }
}
