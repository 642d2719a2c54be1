import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JsonObject, RecordedEvent } from '../../../../platform/event-log/event-log.ts'
import { createInventory } from '../../../../subgraphs/inventory/index.ts'
import { changeOf, type Movement, movementRules } from '../../../../subgraphs/inventory/ledger/movement-events.ts'
import { shuffle } from '../../../support/shuffle.ts'
import { openSubgraphWorld, type SubgraphWorld } from '../../../support/subgraph-world.ts'

let world: SubgraphWorld
beforeAll(async () => {
  world = await openSubgraphWorld(createInventory)
})
afterAll(() => world[Symbol.asyncDispose]())

const minute = (m: number) => new Date(Date.UTC(2026, 9, 1) + m * 60_000).toISOString()
const position = { variantId: 'var_1', locationId: 'loc_1' }

type Fact =
  | { readonly is: 'read' | 'taken'; readonly at: number; readonly onHand: number; readonly damaged: number }
  | { readonly is: 'count'; readonly at: number; readonly units: number }
  | {
      readonly is: 'move'
      readonly at: number
      readonly kind: 'RECEIPT' | 'SALE_ISSUE' | 'RETURN_RECEIPT'
      readonly units: number
    }

const at = fc.integer({ min: 0, max: 30 })
const units = fc.integer({ min: 0, max: 20 })
const fact: fc.Arbitrary<Fact> = fc.oneof(
  fc.record({ is: fc.constantFrom('read', 'taken'), at, onHand: fc.integer({ min: -5, max: 60 }), damaged: units }),
  fc.record({ is: fc.constant('count'), at, units }),
  fc.record({ is: fc.constant('move'), at, units, kind: fc.constantFrom('RECEIPT', 'SALE_ISSUE', 'RETURN_RECEIPT') }),
)

describe('balances', () => {
  it('follow from the set of facts alone: any order, any number of deliveries (I8, I9), buckets adding up (I1)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fact, { minLength: 1, maxLength: 12 }), fc.integer(), async (facts, seed) => {
        const events = facts.map((given, index) => toRecorded(given, index + 1))
        await world.reapply(events)
        const [straight] = await balances()
        expect(straight).toMatchObject(oracle(facts))
        await world.reapply(shuffle([...events, ...events.slice(0, 4)], seed))
        expect(await balances()).toEqual([straight])
        const { on_hand, sellable, damaged, quality_control, return_hold, manual_hold } = straight ?? {}
        expect(Number(on_hand)).toBe(
          [sellable, damaged, quality_control, return_hold, manual_hold].reduce<number>((sum, n) => sum + Number(n), 0),
        )
      }),
      { numRuns: 60 },
    )
  }, 120_000)
})

async function balances(): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { rows } = await world.database.query('select * from inventory.positions')
  return rows
}

/** The rules of merging, as plainly as they can be said. */
function oracle(facts: readonly Fact[]) {
  const numbered = facts.map((given, index) => ({ ...given, sequence: index + 1 }))
  const snapshots = numbered.flatMap((given) => (given.is === 'read' || given.is === 'taken' ? [given] : []))
  const read = snapshots.filter(({ is }) => is === 'read').at(-1)
  const taken = snapshots
    .filter(({ is }) => is === 'taken')
    .sort((a, b) => a.at - b.at || a.sequence - b.sequence)
    .at(-1)
  const ignored = read !== undefined && taken !== undefined && (read.sequence > taken.sequence || read.at > taken.at)
  const base = taken === undefined || ignored ? read : taken
  const from = base?.at ?? -1
  const count = numbered
    .flatMap((given) => (given.is === 'count' && given.at > from ? [given] : []))
    .sort((a, b) => a.at - b.at || a.sequence - b.sequence)
    .at(-1)
  const moves = numbered.flatMap((given) => (given.is === 'move' && given.at > from ? [given] : []))
  const signed = moves.map((given) => ({
    at: given.at,
    sellable: given.kind === 'RECEIPT' ? given.units : given.kind === 'SALE_ISSUE' ? -given.units : 0,
    returned: given.kind === 'RETURN_RECEIPT' ? given.units : 0,
  }))
  const start = count?.units ?? (base === undefined ? 0 : base.onHand - base.damaged)
  return {
    sellable: start + signed.reduce((sum, move) => sum + (move.at > (count?.at ?? from) ? move.sellable : 0), 0),
    return_hold: signed.reduce((sum, move) => sum + move.returned, 0),
    damaged: base?.damaged ?? 0,
  }
}

function toRecorded(given: Fact, sequence: number): RecordedEvent {
  const origin = { system: 'erp', occurredAt: minute(given.at), receivedAt: minute(100 + sequence) }
  const { type, data } = toEvent(given, sequence)
  return {
    type,
    source: '/tenants/t/inventory/stock/pos_var_1@loc_1',
    subject: 'pos_var_1@loc_1',
    time: minute(given.at),
    data: { ...data, ...position, origin },
    partitionKey: 'pos_var_1@loc_1',
    authority: 'erp',
    id: `event-${sequence}`,
    sequence,
    position: { transactionId: BigInt(sequence), row: BigInt(sequence) },
    recordedTime: minute(100 + sequence),
  }
}

function toEvent(given: Fact, sequence: number): { type: string; data: JsonObject } {
  if (given.is !== 'count' && given.is !== 'move') {
    const { onHand, damaged } = given
    const buckets = { onHand, damaged, sellable: onHand - damaged, qualityControl: 0, returnHold: 0, manualHold: 0 }
    const rest = { committed: 0, incoming: 0, reorderPoint: null, anomaly: null }
    const asOf = given.is === 'taken' ? minute(given.at) : null
    return { type: 'retail.inventory.stock-counted.v1', data: { ...buckets, ...rest, asOf } }
  }
  const kind = given.is === 'count' ? 'PHYSICAL_COUNT' : given.kind
  const rule = movementRules[kind]
  const movement: Omit<Movement, 'origin'> = {
    ...position,
    movementId: `m${sequence}`,
    kind,
    bucketFrom: rule.from,
    bucketTo: rule.to,
    quantity: given.units,
    committed: 0,
    reason: null,
    documentRef: null,
    transferId: null,
    stream: null,
    streamSequence: null,
    reversal: false,
    happenedAt: minute(given.at),
  }
  return { type: rule.type, data: movement }
}

describe('a movement', () => {
  it('gives to one bucket what it takes from another', () => {
    const data = toEvent({ is: 'move', at: 1, kind: 'SALE_ISSUE', units: 3 }, 1).data
    const moved = { ...data, bucketFrom: 'SELLABLE', bucketTo: 'DAMAGED', quantity: 3 } as unknown as Movement
    expect([changeOf(moved, 'SELLABLE'), changeOf(moved, 'DAMAGED'), changeOf(moved, 'RETURN_HOLD')]).toEqual([
      -3, 3, 0,
    ])
  })
})
