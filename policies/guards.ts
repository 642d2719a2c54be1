/** What of one subgraph is guarded by which policy. */
export type Guards = {
  /** By `Type.field`. */
  readonly fields: Readonly<Record<string, string>>
  /** By entity: guards the references a gateway sends. */
  readonly entities: Readonly<Record<string, string>>
}

const orders: Guards = {
  fields: {
    'Query.order': 'read-orders',
    'Query.orders': 'read-orders',
    'Query.ordersByExternalNumber': 'read-orders',
    'Query.fulfillmentOrder': 'read-order-timeline',
    'Query.openReroutes': 'read-order-timeline',
    'Query.return': 'read-orders',
    'Mutation.authorizeReturn': 'handle-returns',
    'Mutation.cancelReturn': 'request-returns',
    'Mutation.declineReturn': 'handle-returns',
    'Mutation.recordReturnDisposition': 'handle-returns',
    'Mutation.recordReturnReceipt': 'handle-returns',
    'Mutation.requestReturn': 'request-returns',
    'Query.openEditRequests': 'read-order-timeline',
    'Mutation.editOrder': 'edit-orders',
    'Mutation.withdrawOrderEdit': 'edit-orders',
    'Mutation.acknowledgeReroute': 'reroute-orders',
    'Mutation.rerouteFulfillmentOrder': 'reroute-orders',
    'Order.customer': 'read-customers',
    'Order.fulfillmentOrders': 'read-order-timeline',
    'Order.editRequests': 'read-order-timeline',
    'Order.edits': 'read-order-timeline',
    'Order.timeline': 'read-order-timeline',
    'Shipment.cost': 'read-shipment-cost',
  },
  entities: {
    Customer: 'read-customers',
    FulfillmentOrder: 'read-order-timeline',
    OrderEdit: 'read-order-timeline',
    OrderEditRequest: 'read-order-timeline',
    Order: 'read-orders',
    OrderLine: 'read-orders',
    Return: 'read-orders',
    Shipment: 'read-orders',
  },
}

const finance: Guards = {
  fields: {
    'Query.payment': 'read-payments',
    'Query.invoice': 'read-payments',
    'Query.financialPosting': 'read-journal',
    'Query.openPostings': 'read-journal',
    'Order.payments': 'read-payments',
    'Order.refunds': 'read-payments',
    'Order.invoices': 'read-payments',
    'Order.paymentSummary': 'read-payments',
    'Order.journalEntries': 'read-journal',
    'Return.postings': 'read-journal',
    'Return.postingStage': 'read-journal',
  },
  entities: {
    Order: 'read-orders',
    Payment: 'read-payments',
    Refund: 'read-payments',
    Invoice: 'read-payments',
    JournalEntry: 'read-journal',
    Posting: 'read-journal',
    Return: 'read-orders',
  },
}

const customers: Guards = {
  fields: {
    'Query.customer': 'read-customers',
    'Query.customerByIdentifier': 'find-customers',
    'Mutation.unmaskCustomer': 'unmask-customers',
  },
  entities: { Customer: 'read-customers' },
}

const inventory: Guards = {
  fields: {
    'Query.channelFeeds': 'read-stock-positions',
    'Query.inventoryFigures': 'read-stock-positions',
    'Query.inventoryPositions': 'read-stock-positions',
    'Query.orderShortages': 'read-stock-positions',
    'Query.plannedTransfers': 'read-stock-positions',
    'Query.reservation': 'read-reservations',
    'Query.sequenceGaps': 'read-stock-positions',
    'Query.shortfalls': 'read-stock-positions',
    'Query.stockAt': 'read-stock-positions',
    'Query.stockMovements': 'read-stock-positions',
    'Query.stockRules': 'read-stock-positions',
    'Query.supplyRecords': 'read-stock-positions',
    'Query.transfer': 'read-stock-positions',
    'Query.unreceivedTransfers': 'read-stock-positions',
    'Mutation.allocateReservation': 'settle-reservations',
    'Mutation.approveTransfer': 'approve-transfers',
    'Mutation.cancelTransfer': 'record-stock',
    'Mutation.confirmReservation': 'reserve-stock',
    'Mutation.consumeReservation': 'settle-reservations',
    'Mutation.dispatchTransfer': 'record-stock',
    'Mutation.draftTransfer': 'record-stock',
    'Mutation.extendReservation': 'reserve-stock',
    'Mutation.moveReservation': 'move-reservations',
    'Mutation.receiveTransfer': 'record-stock',
    'Mutation.recordMovements': 'record-stock',
    'Mutation.releaseReservation': 'reserve-stock',
    'Mutation.removeStockRule': 'manage-stock-rules',
    'Mutation.requestTransfer': 'record-stock',
    'Mutation.reserveStock': 'reserve-stock',
    'Mutation.setCount': 'record-stock',
    'Mutation.startTransfer': 'record-stock',
    'Mutation.upsertChannelAllocation': 'manage-stock-rules',
    'Mutation.upsertExclusion': 'manage-stock-rules',
    'Mutation.upsertSafetyRule': 'manage-stock-rules',
    'Mutation.upsertSubstitution': 'manage-stock-rules',
    'Availability.explain': 'read-stock-positions',
    'Variant.positions': 'read-stock-positions',
    'Variant.supplies': 'read-stock-positions',
  },
  entities: { InventoryPosition: 'read-stock-positions', Reservation: 'read-reservations' },
}

const webhooks: Guards = {
  fields: Object.fromEntries(
    [
      'Query.webhooks',
      'Query.webhook',
      'Mutation.registerWebhook',
      'Mutation.rotateWebhookSecret',
      'Mutation.pingWebhook',
      'Mutation.pauseWebhook',
      'Mutation.resumeWebhook',
      'Mutation.deleteWebhook',
      'Mutation.replayWebhook',
    ].map((field) => [field, 'manage-webhooks']),
  ),
  entities: {},
}

/** By subgraph. The second line: what the gateway lets through by mistake, or never saw, is refused here. */
export const guards: Readonly<Record<string, Guards>> = { customers, finance, inventory, orders, webhooks }
