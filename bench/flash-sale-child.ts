import { createInterface } from 'node:readline'
import { openPostgres } from '../platform/sql/postgres.ts'
import { confirmCommand, openReservationEngine, reserveCommand } from './reservation-engine.ts'

// A process that sells: argv 2 is the store. Reads `<id> <variant> <buyer> <attempt>` lines, answers `<id> sold|short|late|error`.
// Sold means held and confirmed, both committed; late that the hold ran out before it was confirmed.
const [, , url = ''] = process.argv
const database = openPostgres({ url, poolSize: 6 })
const engine = await openReservationEngine(database)
console.log('ready')
setInterval(() => void engine.tidy().catch(() => {}), 500)

for await (const line of createInterface({ input: process.stdin })) {
  const [id = '', variant = '', buyer = '', attempt = ''] = line.split(' ')
  void sell(variant, buyer, attempt).then(
    (answer) => console.log(`${id} ${answer}`),
    () => console.log(`${id} error`),
  )
}
// Whoever started it is gone.
process.exit()

async function sell(variant: string, buyer: string, attempt: string): Promise<string> {
  const held = await engine.submit(reserveCommand(variant, buyer, 5, `${buyer} ${attempt}`))
  if (held.kind === 'insufficient') return 'short'
  if (held.kind !== 'done') return 'error'
  const confirmed = await engine.submit(confirmCommand(held.reservations[0]?.id ?? '', buyer))
  if (confirmed.kind === 'leg' && confirmed.refusal.kind === 'expired') return 'late'
  return confirmed.kind === 'done' ? 'sold' : 'error'
}
