import { describe } from 'vitest'
import { createPostgresWakeBus } from '../../../platform/event-log/wake-bus-postgres.ts'
import { describeWakeBus } from '../../contracts/wake-bus.ts'
import { openTestDatabase } from '../../support/postgres.ts'

describe('PostgreSQL as a wake-up bus', () => {
  describeWakeBus(async () => {
    const test = await openTestDatabase()
    const here = createPostgresWakeBus({ database: test.database, channel: 'wake' })
    const there = createPostgresWakeBus({ database: test.open(), channel: 'wake' })
    return {
      here,
      there,
      async [Symbol.asyncDispose]() {
        await Promise.all([here[Symbol.asyncDispose](), there[Symbol.asyncDispose]()])
        await test[Symbol.asyncDispose]()
      },
    }
  })
})
