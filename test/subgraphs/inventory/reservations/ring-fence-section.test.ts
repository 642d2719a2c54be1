import { expect, it } from 'vitest'
import { openReservationEngine } from '../../../../bench/reservation-engine.ts'
import { indexNetwork, type LocationRow } from '../../../../subgraphs/inventory/network.ts'
import { createAdmission, quotasOfTerms, type Terms } from '../../../../subgraphs/inventory/reservations/admission.ts'
import { readSold, writeChannelIssues } from '../../../../subgraphs/inventory/reservations/channel-issues.ts'
import type { Change } from '../../../../subgraphs/inventory/reservations/command.ts'
import {
  allocate,
  consume,
  type LegRefusal,
  move,
  type ReservationRow,
  release,
} from '../../../../subgraphs/inventory/reservations/legs.ts'
import { createSectionState } from '../../../../subgraphs/inventory/reservations/section-state.ts'
import type { ChannelAllocation } from '../../../../subgraphs/inventory/rules.ts'
import { noSharedTerms, noVariantTerms } from '../../../../subgraphs/inventory/terms-reads.ts'
import { openTestDatabase } from '../../../support/postgres.ts'
import { fresh } from '../../../support/subgraph-world.ts'

const now = new Date('2026-10-01T12:00:00.000Z')
const at = (time: string) => `2026-10-01T${time}:00.000Z`
const since = at('07:00')

it('what leaves while a section decides counts for what it decides next, whoever has counted the shelf', () => {
  const terms: Terms = {
    network: indexNetwork({
      channels: [{ id: 'web', locationKinds: null, locationCodes: null, methods: ['SHIP'], inTransit: null }],
      locations: [dc],
    }),
    shared: { ...noSharedTerms, allocations: [fence] },
    ofVariant: new Map([['v', { terms: noVariantTerms, categories: [] }]]),
  }
  const quotas = quotasOfTerms(terms)
  expect(quotas).toEqual([{ variantId: 'v', channelId: 'web', since }])
  const state = createSectionState(
    {
      ...{ now, locked: new Set(['v']), positions: new Map([['v', [position]]]), reservations: [] },
      holds: new Map([['v', [{ locationId: 'dc', channelId: 'web', units: 5, hasLeft: false }]]]),
      sold: quotas.map((quota) => ({ ...quota, units: 1 })),
    },
    createAdmission(terms, { of: () => ({ ...fresh('erp'), syncedAt: now }), all: () => [] }),
  )
  const ats = () => state.promisable('v', { channelId: 'web', method: 'SHIP' }).ats
  expect(ats()).toBe(4)
  // Before the shelf was counted, after it, and before the rule says how much was sold.
  for (const [time, quantity, left] of [
    ['09:00', 2, 4],
    ['11:00', 2, 4],
    ['06:30', 1, 5],
  ] as const) {
    const change = changed(row, (one) => consume(one, quantity, now), at(time))
    state.apply(change)
    expect(ats()).toBe(left)
    state.undo(change)
    expect(ats()).toBe(4)
    state.apply(change)
    state.undo(change)
  }
})

it('units that leave and come back in one section are written once, the newest of a reservation taken back first', async () => {
  await using test = await openTestDatabase()
  await using _engine = await openReservationEngine(test.database)
  const written = async (changes: readonly Change[]) => {
    await test.database.transaction((transaction) => writeChannelIssues(transaction, changes, now))
    const { rows } = await test.database.query<{ units: number; hour: string }>(
      `select to_char(occurred_at at time zone 'UTC', 'HH24') as hour, units from inventory.channel_issues where units > 0 order by id`,
    )
    return rows.map(({ hour, units }) => [hour, units])
  }
  const first = changed(row, (one) => allocate(one, 2, now), at('08:00'))
  const second = changed(first.after, (one) => allocate(one, 1, now), at('09:00'))
  expect(await written([first, second])).toEqual([
    ['08', 2],
    ['09', 1],
  ])
  const third = changed(second.after, (one) => allocate(one, 1, now), at('10:00'))
  const back = changed(third.after, (one) => release(one, 3, now), null)
  // One was not committed; two of those that were come back.
  expect(await written([third, back])).toEqual([['08', 2]])
  const moved = changed(back.after, (one) => move(one, 'store'), null)
  const again = changed(moved.after, (one) => allocate(one, 1, now), at('11:00'))
  const gone = changed(again.after, (one) => consume(one, 2, now), null)
  expect(await written([moved, again, gone])).toEqual([
    ['11', 1],
    ['12', 1],
  ])
  expect(
    await readSold(test.database, [
      { variantId: 'v', channelId: 'web', since },
      { variantId: 'v', channelId: 'amazon', since },
      { variantId: 'v', channelId: 'web', since: at('11:00') },
      { variantId: 'v', channelId: 'web', since: '' },
    ]),
  ).toMatchObject([{ units: 2 }, { units: 0 }, { units: 1 }, { units: 2 }])
})

function changed(
  before: ReservationRow,
  step: (row: ReservationRow) => Omit<Change, 'before' | 'occurredAt'> | LegRefusal,
  occurredAt: string | null,
): Change {
  const result = step(before)
  if (!('change' in result)) throw new TypeError(`refused: ${result.kind}`)
  return { ...result, before, occurredAt }
}

const row: ReservationRow = {
  ...{ id: 'rsv_1', tenant: 't', clientId: 'c', owner: { kind: 'ORDER', id: 'o' }, lineId: '1', orderId: 'o' },
  ...{ channelId: 'web', method: 'SHIP', variantId: 'v', substitutedFor: null, locationId: 'dc', promise: null },
  ...{ quantity: 5, held: 0, confirmed: 5, consumed: 0, released: 0, expired: 0, allocated: 0, extensions: 0 },
  ...{ expiresAt: at('13:00'), createdAt: at('08:00'), version: 1 },
}

const fence: ChannelAllocation = {
  ...{ id: 'fence', channelId: 'web', variantId: null, category: null, mode: 'RING_FENCED', units: 10 },
  ...{ basisPoints: null, consumed: null, consumedAt: since, publishFloor: 0, maxPublish: null },
  ...{ validFrom: null, validTo: null },
}

const dc: LocationRow = {
  ...{ id: 'dc', code: 'DC', gln: null, name: 'DC', kind: 'DC', timeZone: 'Europe/Paris' },
  address: { name: null, line1: null, line2: null, city: null, region: null, postalCode: null, country: null },
  ...{ capabilities: ['SHIP'], active: true, geo: null, refs: [] },
  ...{ system: 'erp', occurredAt: null, receivedAt: since },
}

const position = {
  ...{ variantId: 'v', locationId: 'dc', onHand: 100, sellable: 100, damaged: 0, qualityControl: 0, returnHold: 0 },
  ...{ manualHold: 0, committed: 0, incoming: 0, reorderPoint: null, anomaly: null, version: 1, feeds: [] },
  ...{ system: 'erp', occurredAt: at('10:00'), receivedAt: at('10:00') },
}
