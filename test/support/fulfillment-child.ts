import { openPostgres } from '../../platform/sql/postgres.ts'
import { openFulfillmentParts } from './fulfillment-parts.ts'

// A process that takes reroutes further until it dies by its own hand: argv 2 is the database's URL; 3 to 5, if there are any, the
// process that alone runs here, the moment and the type of event at which it kills itself. Otherwise it goes on until it is killed.
const [, , url = '', name, at, type] = process.argv
const database = openPostgres({ url, poolSize: 8 })
const parts = openFulfillmentParts(
  database,
  (moment) => {
    if (moment.process === name && moment.at === at && moment.types.includes(type ?? ''))
      process.kill(process.pid, 'SIGKILL')
  },
  name,
)
parts.projector.start()
parts.start()
console.log('ready')
