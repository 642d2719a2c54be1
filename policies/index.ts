import { approveTransfers } from './approve-transfers.ts'
import { editOrders } from './edit-orders.ts'
import { findCustomers } from './find-customers.ts'
import { handleReturns } from './handle-returns.ts'
import { manageStockRules } from './manage-stock-rules.ts'
import { manageWebhooks } from './manage-webhooks.ts'
import { moveReservations } from './move-reservations.ts'
import type { Policy } from './policy.ts'
import { readCustomers } from './read-customers.ts'
import { readJournal } from './read-journal.ts'
import { readOrderTimeline } from './read-order-timeline.ts'
import { readOrders } from './read-orders.ts'
import { readPayments } from './read-payments.ts'
import { readReservations } from './read-reservations.ts'
import { readShipmentCost } from './read-shipment-cost.ts'
import { readStockPositions } from './read-stock-positions.ts'
import { readUnpublishedProducts } from './read-unpublished-products.ts'
import { recordStock } from './record-stock.ts'
import { requestReturns } from './request-returns.ts'
import { rerouteOrders } from './reroute-orders.ts'
import { reserveStock } from './reserve-stock.ts'
import { settleReservations } from './settle-reservations.ts'
import { unmaskCustomers } from './unmask-customers.ts'

/** Every policy the SDL may name in `@policy` and `@entityCache`, decided from the viewer alone. A name not listed here denies. */
export const policies: readonly Policy[] = Object.freeze([
  approveTransfers,
  editOrders,
  findCustomers,
  handleReturns,
  manageStockRules,
  manageWebhooks,
  moveReservations,
  readCustomers,
  readJournal,
  readOrders,
  readOrderTimeline,
  readPayments,
  readReservations,
  readShipmentCost,
  readStockPositions,
  readUnpublishedProducts,
  recordStock,
  requestReturns,
  rerouteOrders,
  reserveStock,
  settleReservations,
  unmaskCustomers,
])
