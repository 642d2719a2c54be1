import { expect, it } from 'vitest'
import type { JsonObject } from '../../../../platform/event-log/event-log.ts'
import { createPostgresEventLog } from '../../../../platform/event-log/postgres.ts'
import { createInventory } from '../../../../subgraphs/inventory/index.ts'
import { askAgain } from '../../../../subgraphs/inventory/ledger/ask-again.ts'
import { fresh, openSubgraphWorld } from '../../../support/subgraph-world.ts'
import { withCatalogue } from '../catalogue.ts'
import { locationDocument, stockDocument } from '../documents.ts'

const query = '{ sequenceGaps { missing { from to } asks lastOutcome } }'

function sale(sequence: number): JsonObject {
  const { variant, location } = stockDocument('A', 'S1')
  const occurredAt = '2026-10-01T09:00:00.000Z'
  return {
    variant: variant ?? null,
    location: location ?? null,
    kind: 'SALE_ISSUE',
    quantity: 1,
    occurredAt,
    stream: 'till-7',
    sequence,
  }
}

it('a gap in the numbers of a source is asked for again, three times at most, and what comes of it is told', async () => {
  await using world = await openSubgraphWorld(withCatalogue(createInventory), [fresh('erp'), fresh('pos')])
  await world.deliver('location', { 1: locationDocument('S1') })
  await world.deliver('catalogue', { A: {} })
  const { database } = world
  const eventLog = createPostgresEventLog({ database })
  const asked: string[] = []
  let there: (() => Promise<void>) | null = null
  const ask = async () => {
    await askAgain({
      database,
      eventLog,
      async reread(system, kind) {
        asked.push(`${system} ${kind}`)
        await there?.()
        return there !== null
      },
    })
    await world.settle()
    await database.query("update inventory.sequence_gaps set asked_at = asked_at - interval '1 hour'")
  }
  await world.deliver('movement', { 10: sale(10), 13: sale(13) }, 'pos')
  await ask()
  expect(await world.ask(query)).toEqual({
    sequenceGaps: [{ missing: [{ from: 11, to: 12 }], asks: 1, lastOutcome: 'UNAVAILABLE' }],
  })
  // The source has one of the two: another gap, which is asked for anew.
  there = () => world.deliver('movement', { 11: sale(11) }, 'pos')
  await ask()
  there = async () => {}
  for (let n = 0; n < 5; n += 1) await ask()
  expect(await world.ask(query)).toEqual({
    sequenceGaps: [{ missing: [{ from: 12, to: 12 }], asks: 3, lastOutcome: 'READ_AGAIN' }],
  })
  expect(asked).toEqual(Array.from({ length: 5 }, () => 'pos movement'))
  await world.deliver('movement', { 12: sale(12) }, 'pos')
  expect(await world.ask(query)).toEqual({ sequenceGaps: [] })
  eventLog[Symbol.dispose]()
})
