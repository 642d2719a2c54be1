import { describe, expect, it } from 'vitest'
import type { EditDecision } from '../../../../subgraphs/orders/editing/edit-events.ts'
import {
  type ChannelWord,
  decide,
  hear,
  type KeptEditRequest,
} from '../../../../subgraphs/orders/editing/edit-request.ts'

const at = '2026-11-01T12:00:00.000Z'
const line = (lineId: string, variantId: string, quantity: number) => ({ lineId, variantId, quantity })
const says = (before: ChannelWord['before'], after: ChannelWord['after']): ChannelWord => ({
  before,
  after,
  system: 'oms',
})

/** Of two `a` make four, take `b` out, and add one of what SKU `C` is of. */
const asked: KeptEditRequest = {
  ...{
    id: 'oed_1',
    orderId: 'o',
    channelId: 'web',
    orderVersion: 1,
    state: 'REQUESTED',
    reason: 'r',
    requestedBy: 'x',
  },
  ...{ requestedAt: at, changes: [], isRead: true, heard: [], proposedAt: null, settledAt: null, system: null },
  ...{ refusal: null, withdrawal: null },
  before: [line('1', 'a', 2), line('2', 'b', 1)],
  after: [
    { ...line('1', 'a', 4), sku: null },
    { lineId: 'oed_1:3', variantId: null, sku: 'C', quantity: 1 },
  ],
}
const was = asked.before

function decision(): EditDecision {
  const type = 'retail.inventory.order-edit-kept.v1' as const
  const data = { editId: 'oed_1', orderId: 'o', named: [{ lineId: 'oed_1:3', variantId: 'c' }] }
  const event = { type, source: '/tenants/t/x/o', subject: 'o', time: at, data, partitionKey: 'o', authority: 's' }
  const position = { transactionId: 1n, row: 1n }
  return { type, data, recorded: { ...event, id: 'e', sequence: 1, position, recordedTime: at } }
}

const statesOf = (steps: readonly KeptEditRequest[]) => steps.map(({ state }) => state)

describe('an edit that was asked for', () => {
  const [proposed = asked] = decide(asked, decision(), at)

  it('is confirmed by the step that makes all of it so, whatever its lines are called and whatever else is edited', () => {
    expect(proposed).toMatchObject({ state: 'PENDING', after: [{ quantity: 4 }, { variantId: 'c', sku: 'C' }] })
    const first = [line('1', 'a', 4), line('2', 'b', 1), line('9', 'd', 7)]
    expect(hear(proposed, says(was, first), at)).toEqual([])
    const second = [line('1', 'a', 3), line('4', 'a', 1), line('3', 'c', 1), line('9', 'd', 7)]
    expect(statesOf(hear(proposed, says(first, second), at))).toEqual(['CONFIRMED'])
  })

  it('gives way to a word that makes any of it otherwise, and no other', () => {
    const [step] = hear(proposed, says(was, [line('1', 'a', 3), line('2', 'b', 1)]), at)
    expect(step).toMatchObject({
      state: 'SUPERSEDED',
      system: 'oms',
      before: proposed.after,
      after: [{ quantity: 3 }, { quantity: 1 }],
    })
    expect(statesOf(hear(proposed, says(was, []), at))).toEqual(['SUPERSEDED'])
    for (const over of ['CONFIRMED', 'REFUSED', 'SUPERSEDED', 'WITHDRAWN'] as const) {
      expect(hear({ ...proposed, state: over }, says(was, []), at)).toEqual([])
      expect(decide({ ...proposed, state: over }, decision(), at)).toEqual([])
    }
  })

  it('hears what is said while stock decides once it has, and nothing that was said before it', () => {
    const word = says(was, [line('1', 'a', 3)])
    expect(hear({ ...asked, isRead: false }, word, at)).toEqual([])
    const [waiting = asked] = hear(asked, word, at)
    expect(waiting.state).toBe('REQUESTED')
    expect(statesOf(decide(waiting, decision(), at))).toEqual(['PENDING', 'SUPERSEDED'])
  })
})
