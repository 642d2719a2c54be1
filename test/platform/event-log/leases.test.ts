import { describe, expect, it } from 'vitest'
import { createLeases, nextRenewalMs } from '../../../platform/event-log/leases.ts'
import { startOfLog } from '../../../platform/event-log/position.ts'
import { createDeferred } from '../../support/deferred.ts'
import { openEventLogDatabase } from '../../support/event-log.ts'

describe('the leases of a process', () => {
  it('are renewed in one statement where they still are its own, without waiting for one that is locked', async () => {
    await using test = await openEventLogDatabase()
    const { database } = test
    await database.query(
      `insert into event_log.consumers (name, holder, row_id, generation) values
       ('ours', 'us', 1, 0), ('taken', 'others', 1, 0), ('moved', 'us', 2, 0), ('rebuilt', 'us', 1, 1), ('locked', 'us', 1, 0)`,
    )
    const at = (row: bigint) => ({ ...startOfLog, row })
    const leases = createLeases(database)
    const [locked, done] = [createDeferred<void>(), createDeferred<void>()]
    const lock = test.open().transaction(async (transaction) => {
      await transaction.query(`select from event_log.consumers where name = 'locked' for update`)
      locked.resolve()
      await done.promise
    })
    await locked.promise
    const before = database.statementCount()
    const renewed = await Promise.all(
      ['ours', 'taken', 'moved', 'rebuilt', 'locked', 'unknown'].map((name) =>
        leases.renew({ name, holder: 'us', leaseMs: 60_000, generation: 0, from: at(1n), to: at(7n) }),
      ),
    )
    expect(database.statementCount()).toBe(before + 1)
    done.resolve()
    await lock
    expect(renewed).toEqual([true, false, false, false, false, false])
    const { rows } = await database.query(
      `select name, row_id, held_until > now() + interval '30 seconds' as held from event_log.consumers order by name`,
    )
    expect(rows).toEqual([
      { name: 'locked', row_id: 1n, held: false },
      { name: 'moved', row_id: 2n, held: false },
      { name: 'ours', row_id: 7n, held: true },
      { name: 'rebuilt', row_id: 1n, held: false },
      { name: 'taken', row_id: 1n, held: false },
    ])
  })

  it('fall due together, within half of them', () => {
    expect([10_000, 10_001, 12_499].map((nowMs) => nextRenewalMs(nowMs, 5_000))).toEqual([12_500, 12_500, 12_500])
  })
})
