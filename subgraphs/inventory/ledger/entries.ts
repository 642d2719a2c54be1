import type { EventOf } from '../../../platform/event-log/event-schema.ts'
import { inventoryEvents } from '../events.ts'
import { changeOf, movementEvents } from './movement-events.ts'

const {
  'retail.inventory.stock-counted.v1': counted,
  'retail.inventory.stock-adjusted.v1': adjusted,
  'retail.inventory.position-withdrawn.v1': withdrawn,
} = inventoryEvents

/** Everything that is said of a position, all in its one sequence. */
export const stockEvents = {
  'retail.inventory.stock-counted.v1': counted,
  'retail.inventory.stock-adjusted.v1': adjusted,
  'retail.inventory.position-withdrawn.v1': withdrawn,
  ...movementEvents,
} as const

export type StockEvent = EventOf<typeof stockEvents>

/** One row of the ledger. */
export type Entry = {
  readonly variantId: string
  readonly locationId: string
  readonly sequence: number
  readonly kind: string
  readonly happenedAt: string
  readonly asOf: string | null
  readonly recordedAt: string
  readonly sellable: number
  readonly damaged: number
  readonly qualityControl: number
  readonly returnHold: number
  readonly manualHold: number
  readonly committed: number
  readonly incoming: number
  readonly reorderPoint: number | null
  readonly movement: object | null
  readonly transferId: string | null
  readonly system: string
  readonly occurredAt: string | null
  readonly receivedAt: string
}

export function toEntry(event: StockEvent): Entry {
  const { recorded } = event
  const { variantId, locationId, origin } = event.data
  const common = { variantId, locationId, sequence: recorded.sequence, recordedAt: recorded.recordedTime, ...origin }
  switch (event.type) {
    case 'retail.inventory.stock-counted.v1':
    case 'retail.inventory.stock-adjusted.v1': {
      const { sellable, damaged, qualityControl, returnHold, manualHold, committed, incoming, reorderPoint } =
        event.data
      const asOf = event.data.asOf ?? null
      return {
        ...common,
        ...{ sellable, damaged, qualityControl, returnHold, manualHold, committed, incoming, reorderPoint },
        ...{ kind: 'SNAPSHOT', asOf, movement: null, transferId: null },
        happenedAt: asOf ?? origin.occurredAt ?? origin.receivedAt,
      }
    }
    case 'retail.inventory.position-withdrawn.v1':
      return { ...common, ...nothing, kind: 'WITHDRAWN', happenedAt: origin.receivedAt }
    default: {
      const movement = event.data
      const { movementId, bucketFrom, bucketTo, quantity, reason, documentRef, reversal } = movement
      const isCount = movement.kind === 'PHYSICAL_COUNT'
      return {
        ...common,
        ...nothing,
        kind: movement.kind,
        happenedAt: movement.happenedAt,
        sellable: isCount ? quantity : changeOf(movement, 'SELLABLE'),
        damaged: changeOf(movement, 'DAMAGED'),
        qualityControl: changeOf(movement, 'QUALITY_CONTROL'),
        returnHold: changeOf(movement, 'RETURN_HOLD'),
        manualHold: changeOf(movement, 'MANUAL_HOLD'),
        committed: movement.reversal ? movement.committed : 0 - movement.committed,
        movement: { movementId, bucketFrom, bucketTo, quantity, reason, documentRef, reversal, eventId: recorded.id },
        transferId: movement.transferId,
      }
    }
  }
}

const nothing = {
  asOf: null,
  sellable: 0,
  damaged: 0,
  qualityControl: 0,
  returnHold: 0,
  manualHold: 0,
  committed: 0,
  incoming: 0,
  reorderPoint: null,
  movement: null,
  transferId: null,
}
