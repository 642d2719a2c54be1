import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventLog, LogPosition, NewEvent, RecordedEvent } from '../../platform/event-log/event-log.ts'
import type { Database } from '../../platform/sql/database.ts'
import { readable } from '../support/event-log.ts'
import { eventOf } from '../support/event-of.ts'

export type EventLogUnderTest = AsyncDisposable & { readonly database: Database; readonly eventLog: EventLog }

/** What every driver of the EventLog port does. Each group opens a log of its own. */
export function describeEventLog(name: string, open: () => Promise<EventLogUnderTest>): void {
  describe(`${name} as an EventLog`, () => {
    let opened: EventLogUnderTest
    let eventLog: EventLog
    let database: Database

    beforeAll(async () => {
      opened = await open()
      eventLog = opened.eventLog
      database = opened.database
    })
    afterAll(async () => {
      await opened[Symbol.asyncDispose]()
    })

    const append = async (...events: NewEvent[]): Promise<readonly (RecordedEvent | null)[]> => {
      const recorded = await database.transaction((transaction) => eventLog.append(transaction, events))
      await readable(database)
      return recorded.events
    }

    const readOn = async (after: LogPosition, types?: readonly string[]): Promise<readonly RecordedEvent[]> =>
      (await eventLog.read({ after, limit: 100, ...(types === undefined ? {} : { types }) })).events

    it('reads back exactly what was appended, with id, sequence, position and time of recording', async () => {
      const after = await eventLog.head()
      const full = eventOf('full', {
        ingressKey: 'full-1',
        correlationId: 'c',
        causationId: 'd',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        dataClassification: 'restricted',
        inferred: true,
        data: { text: 'ä"\\{}', list: [1, null, { deep: true }], number: 1.5 },
      })
      const recorded = await append(full, eventOf('bare'))
      expect(await readOn(after)).toEqual(recorded)
      expect(recorded[0]).toMatchObject({ ...full, sequence: 1, id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/) })
    })

    it('counts sequences per source without holes, also within one batch', async () => {
      const first = await append(eventOf('s1'), eventOf('s2'), eventOf('s1'))
      const second = await append(eventOf('s1'), eventOf('s2'))
      expect([...first, ...second].map((event) => [event?.subject, event?.sequence])).toEqual([
        ['s1', 1],
        ['s2', 1],
        ['s1', 2],
        ['s1', 3],
        ['s2', 2],
      ])
    })

    it('appends a fact once per ingress key, in one batch or in several, and spends no sequence on the copy', async () => {
      const fact = eventOf('once', { ingressKey: 'fact-1' })
      const [one, copy] = await append(fact, fact)
      const [again, next] = await append(fact, eventOf('once'))
      expect([one?.sequence, copy, again, next?.sequence]).toEqual([1, null, null, 2])
    })

    it('appends nothing when given nothing', async () => {
      expect(await append()).toEqual([])
    })

    it('accepts the sequence the caller saw last and refuses any other', async () => {
      const source = eventOf('guarded').source
      const appendExpecting = (expected: number) =>
        database.transaction((transaction) =>
          eventLog.append(transaction, [eventOf('guarded'), eventOf('guarded')], {
            expectedSequences: new Map([[source, expected]]),
          }),
        )
      await appendExpecting(0)
      await expect(appendExpecting(1)).rejects.toMatchObject({
        code: 'SEQUENCE_CONFLICT',
        details: { source, expected: 1, last: 2 },
      })
      const { events } = await appendExpecting(2)
      expect(events.map((event) => event?.sequence)).toEqual([3, 4])
    })

    it('lets exactly one of two simultaneous writers through when both expect the same sequence', async () => {
      const source = eventOf('raced').source
      const attempts = await Promise.allSettled(
        ['a', 'b'].map((who) =>
          database.transaction((transaction) =>
            eventLog.append(transaction, [eventOf('raced', { data: { who } })], {
              expectedSequences: new Map([[source, 0]]),
            }),
          ),
        ),
      )
      expect(attempts.map((attempt) => attempt.status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(await eventLog.readSource(source, 1, 10)).toHaveLength(1)
    })

    it('reads by type and still moves past what it left out', async () => {
      const after = await eventLog.head()
      const recorded = await append(eventOf('t1', { type: 'retail.wanted.v1' }), eventOf('t2'))
      const page = await eventLog.read({ after, limit: 10, types: ['retail.wanted.v1'] })
      expect(page).toEqual({ events: [recorded[0]], position: recorded[1]?.position, more: false })
    })

    it('pages without loss or repetition', async () => {
      const after = await eventLog.head()
      const recorded = await append(...Array.from({ length: 7 }, (_, index) => eventOf(`p${index % 3}`)))
      const seen: RecordedEvent[] = []
      let position = after
      for (let more = true; more; ) {
        const page = await eventLog.read({ after: position, limit: 3 })
        seen.push(...page.events)
        position = page.position
        more = page.more
      }
      expect(seen).toEqual(recorded)
      expect(position).toEqual(await eventLog.head())
    })

    it('stays where it is when nothing is new', async () => {
      const after = await eventLog.head()
      const nothing = { events: [], position: after, more: false }
      expect(await eventLog.read({ after, limit: 10 })).toEqual(nothing)
      expect(await eventLog.read({ after, limit: 10, types: ['x'] })).toEqual(nothing)
    })

    it('gives the events of one source from a sequence on', async () => {
      const recorded = await append(eventOf('gap'), eventOf('other'), eventOf('gap'), eventOf('gap'))
      expect(await eventLog.readSource(eventOf('gap').source, 2, 10)).toEqual([recorded[2], recorded[3]])
    })

    it('forgets what a rolled back transaction appended, its sequences and ingress keys included', async () => {
      const event = eventOf('undone', { ingressKey: 'undone-1' })
      await database
        .transaction(async (transaction) => {
          await eventLog.append(transaction, [event])
          throw new Error('undo')
        })
        .catch(() => {})
      expect((await append(event))[0]?.sequence).toBe(1)
    })

    it('refuses page sizes out of range', async () => {
      const after = await eventLog.head()
      await expect(eventLog.read({ after, limit: 0 })).rejects.toThrow(RangeError)
      await expect(eventLog.read({ after, limit: 10_001 })).rejects.toThrow(RangeError)
    })

    it('wakes its listeners until they leave', async () => {
      let woken = 0
      const listener = eventLog.onWake(() => {
        woken += 1
      })
      eventLog.wake()
      await expect.poll(() => woken).toBe(1)
      listener[Symbol.dispose]()
      let later = 0
      using _ = eventLog.onWake(() => {
        later += 1
      })
      eventLog.wake()
      await expect.poll(() => later).toBe(1)
      expect(woken).toBe(1)
    })
  })
}
