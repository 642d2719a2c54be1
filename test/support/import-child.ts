import { systemClock } from '../../platform/clock.ts'
import { createPostgresSource } from '../../platform/connector/postgres-source.ts'
import { openPostgres } from '../../platform/sql/postgres.ts'
import { ingestOver, thingHandler } from './connector.ts'
import { systemOf } from './source-database.ts'

// A process of its own that reads a shop into a store: argv 2 is the store's URL, 3 the shop's. Says `read <n>` and `live`.
const [, , storeUrl = '', shopUrl = ''] = process.argv
const database = openPostgres({ url: storeUrl })
const source = createPostgresSource({
  system: systemOf(shopUrl, { pageSize: 40 }),
  estate: 'test',
  ingest: ingestOver(database, [thingHandler('thing')]),
  database,
  clock: systemClock,
  onProgress: ({ done }) => console.log(`read ${done}`),
})
void source.ready.then(() => console.log('live'))
await source.run(new AbortController().signal)
