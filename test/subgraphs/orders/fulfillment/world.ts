import { connectorMigrations } from '../../../../platform/connector/migrations.ts'
import type { JsonObject, RecordedEvent } from '../../../../platform/event-log/event-log.ts'
import { eventLogMigrations } from '../../../../platform/event-log/migrations.ts'
import { idempotencyMigrations } from '../../../../platform/idempotency/migrations.ts'
import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { plainViewerCodec, viewerHeader } from '../../../../platform/identity/viewer-header.ts'
import { hostSubgraph } from '../../../../platform/subgraph/host.ts'
import type { Subgraph } from '../../../../platform/subgraph/subgraph.ts'
import { readDrift } from '../../../../subgraphs/inventory/reservations/tidy.ts'
import { ingestOver } from '../../../support/connector.ts'
import { readable } from '../../../support/event-log.ts'
import { type Moment, openFulfillmentParts } from '../../../support/fulfillment-parts.ts'
import { reserveTestDatabase } from '../../../support/postgres.ts'
import { until } from '../../../support/until.ts'
import { service } from '../../../support/viewers.ts'
import { channelDocument, locationDocument, stockDocument } from '../../inventory/documents.ts'
import { lineData, orderData } from '../documents.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

export const system: Viewer = { ...service, tenant: 'test' }

const locations = ['DC', 'S1', 'S2', 'S3'] as const
export type Code = (typeof locations)[number]

/** A channel that sells by post and for collection, from a centre and three stores. @param runs whether its processes run here */
export async function openFulfillmentWorld({
  runs = true,
  onMoment,
}: {
  runs?: boolean
  onMoment?: (moment: Moment) => void
} = {}) {
  const test = await reserveTestDatabase({ poolSize: 12 })
  const { database } = test
  const parts = openFulfillmentParts(database, onMoment)
  const { inventory, orders, finance, eventLog } = parts
  const subgraphs = [inventory, orders, finance]
  const owned = subgraphs.map(({ name, migrations }) => ({ owner: name, folder: migrations }))
  await test.create([eventLogMigrations(), connectorMigrations(), idempotencyMigrations(), ...owned])
  const ingest = ingestOver(
    database,
    subgraphs.flatMap((one) => one.sources),
  )
  parts.projector.start()
  if (runs) parts.start()
  let keys = 0

  async function deliver(kind: string, documents: Readonly<Record<string, JsonObject>>, from = 'erp'): Promise<void> {
    const receivedAt = new Date().toISOString()
    const all = Object.entries(documents).map(([key, data]) => ({ system: from, kind, key, data, receivedAt }))
    await ingest.deliver({ system: from, documents: all })
    eventLog.wake()
    await projected()
  }
  const asker = (subgraph: Subgraph) => {
    const host = hostSubgraph(subgraph, {
      ...{ viewerCodec: plainViewerCodec, defaultViewer: system },
      onInternal: (error) => {
        throw error
      },
    })
    return async (query: string, variables: JsonObject = {}, viewer: Viewer = system): Promise<Answer> => {
      const headers = { [viewerHeader]: plainViewerCodec.encode(viewer) }
      const answer = await host.handle({ query, variables, headers, signal: AbortSignal.timeout(30_000) })
      if (answer.errors !== undefined) throw new Error(JSON.stringify(answer.errors))
      return answer.data
    }
  }
  const [askInventory, askOrders, askFinance] = [asker(inventory), asker(orders), asker(finance)]
  const mutate = async (name: string, input: JsonObject, type: string, fields: string) => {
    const query = `mutation ($input: ${type}!) { answer: ${name}(input: $input) { __typename ... on DomainError { message } ${fields} } }`
    return (await askInventory(query, { input: { idempotencyKey: `k${++keys}`, ...input } })).answer
  }

  /** The order system's word on an order, whole as ever. */
  async function orderSays(key: string, lines: readonly JsonObject[], more: JsonObject = {}): Promise<void> {
    await deliver('order', { [key]: orderData({ number: key, externalNumber: key, lines, ...more }) }, 'oms')
  }
  const linesOf = (items: Readonly<Record<string, number>>): readonly JsonObject[] =>
    Object.entries(items).map(([sku, quantity], at) =>
      lineData({ key: String(at + 1), sku, variant: { namespace: 'sku', value: sku }, quantity }),
    )

  /** Waits until everything committed is in the read models. */
  async function projected(): Promise<void> {
    await readable(database)
    await parts.projector.caughtUp(await eventLog.head())
  }

  /** Waits until what follows from everything committed is decided, and is in the read models; for a world whose processes run. */
  async function settle(): Promise<void> {
    // A location's word leads to a request, that to a decision, that to what is told: until nothing more is.
    for (let round = 0; round < mostRounds; round += 1) {
      await readable(database)
      const head = await eventLog.head()
      await Promise.all(parts.deciders.map((decider) => decider.caughtUp(head)))
      await parts.projector.caughtUp(head)
      await readable(database)
      const after = await eventLog.head()
      if (after.transactionId === head.transactionId && after.row === head.row) return
    }
    throw new Error(`There is no end of what follows: ${mostRounds} rounds were not enough`)
  }

  await deliver('channel', { web: channelDocument('web', { methods: ['SHIP', 'PICKUP'] }) })
  await deliver('location', Object.fromEntries(locations.map((code) => [code, locationDocument(code)])))
  const ids = new Map<string, string>()
  const { rows } = await database.query<{ value: string; id: string }>(
    "select value, id from connector.natural_keys where namespace = 'location-code'",
  )
  for (const { value, id } of rows) ids.set(value, id)

  return {
    ...{ url: test.url, database, parts, deliver, projected, settle, askInventory, askOrders, askFinance },
    locationId: (code: Code) => ids.get(code) ?? `no location ${code}`,
    codeOf: (id: string) => [...ids].find(([, known]) => known === id)?.[0] ?? id,

    /** Counts a variant anew: units by location. */
    async stock(sku: string, units: Partial<Readonly<Record<Code, number>>>): Promise<void> {
      await deliver('catalogue', { [sku]: {} })
      const documents = Object.entries(units).map(([code, onHand]) => [
        `${sku}@${code}`,
        stockDocument(sku, code, { onHand }),
      ])
      await deliver('stock', Object.fromEntries(documents))
    },

    /** Captures an order and reserves for it, by lines of its own where they are given; from one location where it is named. @returns its id, null where stock is short */
    async order(
      key: string,
      items: Readonly<Record<string, number>>,
      from: { readonly locationId?: string; readonly method?: string; readonly lines?: readonly JsonObject[] } = {},
    ): Promise<string | null> {
      await orderSays(key, linesOf(items))
      const { rows: found } = await database.query<{ id: string }>(
        "select id from connector.natural_keys where namespace = 'oms' and value = $1",
        [key],
      )
      const orderId = found[0]?.id ?? ''
      const lines = Object.entries(items).map(([sku, quantity], at) => ({ lineId: String(at + 1), sku, quantity }))
      const owner = { kind: 'CHECKOUT', id: key }
      const input = { channelId: 'web', owner, lines, ...from }
      const held = await mutate(
        'reserveStock',
        input,
        'ReserveStockInput',
        '... on ReserveStockSuccess { reservations { id } }',
      )
      if (held.__typename === 'InsufficientStock') return null
      if (held.__typename !== 'ReserveStockSuccess') throw new Error(JSON.stringify(held))
      const reservationItems = held.reservations.map(({ id }: { id: string }) => ({ reservationId: id }))
      const confirmed = await mutate(
        'confirmReservation',
        { orderId, owner, items: reservationItems },
        'ConfirmReservationInput',
        '',
      )
      if (confirmed.__typename !== 'ReservationSuccess') throw new Error(JSON.stringify(confirmed))
      return orderId
    },

    mutate,
    orderSays,
    /** The order system edits an order: it is of these units from now on. */
    edit: (key: string, items: Readonly<Record<string, number>>, more: JsonObject = {}) =>
      orderSays(key, linesOf(items), more),
    /** What locations are to fulfil of an order, the oldest first. */
    async fulfillmentOrders(orderId: string): Promise<Answer[]> {
      const { rows: found } = await database.query<{ body: Answer }>(
        'select body from orders.fulfillment_orders where order_id = $1 order by id',
        [orderId],
      )
      return found.map(({ body }) => body)
    },
    /** The newest that is not over. */
    live(orderId: string): Promise<Answer> {
      return until(`there is one of ${orderId}`, async () => {
        const { rows: found } = await database.query<{ body: Answer }>(
          `select body from orders.fulfillment_orders where order_id = $1
             and body ->> 'state' not in ('SHIPPED', 'COLLECTED', 'CANCELLED', 'CLOSED') order by id desc limit 1`,
          [orderId],
        )
        return found[0]?.body
      })
    },
    async reroute(input: JsonObject, viewer?: Viewer): Promise<Answer> {
      const given = { idempotencyKey: `k${++keys}`, reason: 'shelf is empty', ...input }
      return (await askOrders(rerouteText, { input: given }, viewer)).answer
    },
    report(key: string, order: string, code: Code, status: string, more: JsonObject = {}): Promise<void> {
      const names = { order: { namespace: 'oms', value: order }, location: { namespace: 'location-code', value: code } }
      return deliver(
        'fulfillment-order',
        { [key]: { ...names, status, statusAt: new Date().toISOString(), ...more } },
        `wms-${code}`,
      )
    },
    /** Everything told of an order's fulfilment, in the order of its own sequence. */
    told: (orderId: string): Promise<readonly RecordedEvent[]> =>
      eventLog.readSource(`/tenants/test/orders/fulfillment/${orderId}`, 1, 1_000),
    /** Units of a variant that are confirmed, by location code. */
    async confirmedAt(sku: string): Promise<Readonly<Record<string, number>>> {
      const { rows: sums } = await database.query<{ code: string; units: bigint }>(
        `select place.value as code, sum(confirmed) as units from inventory.reservations
         join connector.natural_keys place on place.id = location_id and place.namespace = 'location-code'
         join connector.natural_keys named on named.id = variant_id and named.namespace = 'sku'
         where confirmed > 0 and named.value = $1 group by 1 order by 1`,
        [sku],
      )
      return Object.fromEntries(sums.map(({ code, units }) => [code, Number(units)]))
    },
    /** A location's word on one that it names by its id. */
    async say(
      locationId: string,
      words: { orderId: string; fulfillmentOrderId: string; status: string },
    ): Promise<void> {
      const receivedAt = new Date().toISOString()
      const origin = { system: 'wms', occurredAt: null, receivedAt }
      const taskId = `wms:${words.fulfillmentOrderId}`
      await database.transaction((transaction) =>
        eventLog.append(transaction, [
          {
            type: 'retail.fulfillment-order.status-reported.v1',
            source: `/tenants/test/orders/fulfillment-task/${taskId}`,
            ...{ subject: taskId, time: receivedAt, partitionKey: words.orderId, authority: 'wms' },
            data: { ...words, locationId, taskId, reason: null, origin },
          },
        ]),
      )
      eventLog.wake()
    },
    /** What became of the units kept for an order, by SKU. */
    async legs(orderId: string): Promise<Readonly<Record<string, Answer>>> {
      const { rows: found } = await database.query<Answer>(
        `select named.value as sku, sum(confirmed)::int as confirmed, sum(consumed)::int as consumed, sum(released)::int as released
         from inventory.reservations join connector.natural_keys named on named.id = variant_id and named.namespace = 'sku'
         where order_id = $1 group by 1 order by 1`,
        [orderId],
      )
      return Object.fromEntries(found.map(({ sku, ...legs }) => [sku, legs]))
    },
    /** Reservation, location and confirmed units of what is reserved for an order. */
    async reservedFor(orderId: string): Promise<readonly (readonly [string, string, number])[]> {
      const { rows: found } = await database.query<{ id: string; location_id: string; confirmed: number }>(
        'select id, location_id, confirmed from inventory.reservations where order_id = $1 and confirmed > 0 order by id',
        [orderId],
      )
      return found.map(({ id, location_id, confirmed }) => [id, location_id, confirmed] as const)
    },
    drift: () => readDrift(database),
    async [Symbol.asyncDispose]() {
      await parts[Symbol.asyncDispose]()
      await test[Symbol.asyncDispose]()
    },
  }
}

export type FulfillmentWorld = Awaited<ReturnType<typeof openFulfillmentWorld>>

const mostRounds = 50

const rerouteFields = `
  id state reason requestedBy attempts
  from { id state location { id } } to { id state location { id } lines { quantity } order { number } }
  rejectedLocations { id }
  confirmations { kind state location { id } system ageSeconds overdueBySeconds }
  refusal { reason }`

const rerouteText = `mutation ($input: RerouteFulfillmentOrderInput!) { answer: rerouteFulfillmentOrder(input: $input) {
  __typename ... on DomainError { code message path }
  ... on RerouteFulfillmentOrderSuccess { replayed reroute { ${rerouteFields} } }
  ... on NoLocationCanFulfill { reason reroute { ${rerouteFields} }
    alternatives { complete location { id } lines { requested available } } }
  ... on FulfillmentOrderNotReroutable { state allowed }
  ... on VersionConflict { currentVersion } } }`
