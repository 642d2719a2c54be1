import { createCacheFactory } from '../../platform/cache/cache-factory.ts'
import { createCursorCodec } from '../../platform/cursor.ts'
import { createPostgresEventLog } from '../../platform/event-log/postgres.ts'
import { openPostgres } from '../../platform/sql/postgres.ts'
import { createInventory } from '../../subgraphs/inventory/index.ts'
import { fresh } from './subgraph-world.ts'

// A process that places what the network owes: argv 2 is the database's URL. Says `ready`; told anything on its input, it goes on until
// nothing is due and says `done`, unless it dies by its own hand: argv 3, `decided` before it commits, `committed` after.
const [, , url = '', at] = process.argv
const database = openPostgres({ url, poolSize: 4 })
const log = createPostgresEventLog({ database })
const dieAt = (moment: string): void => {
  if (at === moment) process.kill(process.pid, 'SIGKILL')
}
const inventory = createInventory({
  database,
  cacheFactory: createCacheFactory({ maxEntries: 1_000 }),
  freshness: { of: (system) => ({ ...fresh(system), syncedAt: new Date() }), all: () => [] },
  cursors: createCursorCodec({ secret: 'a secret of tests with 32 letters or more' }),
  eventLog: {
    ...log,
    append(transaction, events) {
      // Its rows are sent; behind its events goes its commit, without a turn in between.
      dieAt('decided')
      return log.append(transaction, events)
    },
    wake() {
      dieAt('committed')
      log.wake()
    },
  },
})
const task = inventory.tasks?.find(({ name }) => name === 'inventory.place-owed')
process.stdin.on('data', async () => {
  while (((await task?.run()) ?? 0) > 0);
  console.log('done')
})
console.log('ready')
