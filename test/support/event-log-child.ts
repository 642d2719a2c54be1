import { setTimeout as sleep } from 'node:timers/promises'
import { createPostgresEventLog } from '../../platform/event-log/postgres.ts'
import { createProjector } from '../../platform/event-log/project.ts'
import { openPostgres } from '../../platform/sql/postgres.ts'
import { eventOf } from './event-of.ts'
import { silentLog, tallyProjection } from './projection.ts'

// A process that writes and projects until it is killed: argv 2 is the database's URL, argv 3 its name among several.
const [, , url = '', name = ''] = process.argv
const database = openPostgres({ url })
const eventLog = createPostgresEventLog({ database, pollMs: 50 })
const invalidator = { invalidate: () => {}, invalidateAll: () => {} }
const projector = createProjector({
  projections: [tallyProjection],
  database,
  eventLog,
  invalidator,
  log: silentLog,
  batchSize: 20,
  leaseMs: 300,
})
projector.start()
console.log('ready')

async function write(writer: number): Promise<never> {
  for (let round = 0; ; round += 1) {
    const events = Array.from({ length: 5 }, (_, index) =>
      eventOf(`shared-${(round + index + writer) % 12}`, {
        ingressKey: `${name}-${process.pid}-${writer}-${round}-${index}`,
      }),
    )
    await database.transaction(async (transaction) => {
      await eventLog.append(transaction, events)
      // Some transactions stay open a while, so that later ones commit before them.
      if (round % 3 === 0) await sleep(writer * 5)
    })
    eventLog.wake()
  }
}

await Promise.all([1, 2, 3].map(write))
