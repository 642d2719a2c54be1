import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPostgresEventLog } from '../../../platform/event-log/postgres.ts'
import { createProjector } from '../../../platform/event-log/project.ts'
import { type Child, startChild } from '../../support/child.ts'
import { openEventLogDatabase, readable } from '../../support/event-log.ts'
import type { TestDatabase } from '../../support/postgres.ts'
import { createTally, readTally, silentLog, tallyProjection } from '../../support/projection.ts'

describe('writers and consumers that are killed', () => {
  let test: TestDatabase
  let children: Child[]

  beforeEach(async () => {
    test = await openEventLogDatabase()
    await createTally(test.database)
    children = []
  })
  afterEach(async () => {
    for (const child of children) await child[Symbol.asyncDispose]()
    await test[Symbol.asyncDispose]()
  })

  const startWriter = async (name: string): Promise<Child> => {
    const child = startChild('event-log-child.ts', [test.url, name])
    children.push(child)
    await child.line('ready', 60_000)
    return child
  }
  const countOf = async (table: 'event_log.events' | 'tally'): Promise<bigint> => {
    const what = table === 'tally' ? 'coalesce(sum(events), 0)::int8' : 'count(*)'
    const { rows } = await test.database.query<{ count: bigint }>(`select ${what} as count from ${table}`)
    return rows[0]?.count ?? 0n
  }
  const untilMore = async (table: 'event_log.events' | 'tally', by: bigint): Promise<void> => {
    const before = await countOf(table)
    await expect
      .poll(async () => (await countOf(table)) - before, { timeout: 60_000, interval: 20 })
      .toBeGreaterThan(by)
  }

  it('leave a read model that equals a rebuild from zero and the log itself, row for row', async () => {
    const steady = await startWriter('steady')
    for (let round = 1; round <= 5; round += 1) {
      const victim = await startWriter(`victim-${round}`)
      await untilMore('event_log.events', 100n)
      await untilMore('tally', 50n)
      await victim.kill('SIGKILL')
    }
    await steady.kill('SIGKILL')

    const eventLog = createPostgresEventLog({ database: test.database })
    const invalidator = { invalidate: () => {}, invalidateAll: () => {} }
    await using projector = createProjector({
      projections: [tallyProjection],
      database: test.database,
      eventLog,
      invalidator,
      log: silentLog,
    })
    projector.start()
    await readable(test.database)
    const head = await eventLog.head()
    await projector.caughtUp(head, AbortSignal.timeout(60_000))
    const lived = await readTally(test.database)
    await projector.rebuild('test.tally')
    await projector.caughtUp(head, AbortSignal.timeout(60_000))

    const { rows: logged } = await test.database.query(
      `select subject, count(*) as events, max(sequence) as last_sequence, count(*) = max(sequence) as in_order
        from event_log.events group by subject order by subject`,
    )
    expect(lived).toHaveLength(12)
    expect(await readTally(test.database)).toEqual(lived)
    expect(lived).toEqual(logged)
    expect(logged.every((row) => row.in_order)).toBe(true)
  }, 240_000)
})
