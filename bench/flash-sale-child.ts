import { createInterface } from 'node:readline'
import { openPostgres } from '../platform/sql/postgres.ts'
import { confirmCommand, openReservationEngine, reserveCommand } from './reservation-engine.ts'

// A process that sells: argv 2 is the store. Reads `<id> <variant> <buyer>` lines, answers `<id> sold|short|error`. Sold means
// held and confirmed, both committed.
const [, , url = ''] = process.argv
const database = openPostgres({ url, poolSize: 6 })
const engine = await openReservationEngine(database)
console.log('ready')
setInterval(() => void engine.tidy().catch(() => {}), 500)

for await (const line of createInterface({ input: process.stdin })) {
  const [id = '', variant = '', buyer = ''] = line.split(' ')
  void sell(variant, buyer).then(
    (answer) => console.log(`${id} ${answer}`),
    () => console.log(`${id} error`),
  )
}

async function sell(variant: string, buyer: string): Promise<string> {
  const held = await engine.submit(reserveCommand(variant, buyer, 5))
  if (held.kind === 'insufficient') return 'short'
  if (held.kind !== 'done') return 'error'
  const confirmed = await engine.submit(confirmCommand(held.reservations[0]?.id ?? '', buyer))
  return confirmed.kind === 'done' ? 'sold' : 'error'
}
