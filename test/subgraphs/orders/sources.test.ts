import { describe, expect, it } from 'vitest'
import type { IdentityResolver, SourceDocument } from '../../../platform/connector/connector.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import { ordersEvents } from '../../../subgraphs/orders/events.ts'
import { demandEvents } from '../../../subgraphs/orders/order-demand.ts'
import { ordersSources } from '../../../subgraphs/orders/sources.ts'
import { lineData, orderData, shipmentData } from './documents.ts'

/** A name is its own id: the same name always gives the same one. */
const ids: IdentityResolver = { idOf: (kind, namespace, value) => `${kind}:${namespace}:${value}` }

function normalize(kind: string, data: JsonObject | null, previous: JsonObject | null = null) {
  const handler = ordersSources.find((candidate) => candidate.kind === kind)
  if (handler === undefined) throw new TypeError(`Cannot normalise ${kind}`)
  const system = kind === 'order' ? 'oms' : 'wms'
  const document: SourceDocument = { system, kind, key: 'o1', data, receivedAt: '2026-03-01T00:00:00.000Z' }
  const events = handler.normalize(document, { tenant: 't', ids, previous })
  for (const event of events) {
    const schema = Object.entries(ordersEvents).find(([type]) => type === event.type)?.[1]
    expect(schema?.safeParse(event.data).error).toBeUndefined()
  }
  return events
}

const typesOf = (events: readonly { type: string }[]) =>
  events.map(({ type }) => type.replace(/^retail\./, '').replace(/\.v1$/, ''))

function refusalOf(run: () => unknown): AppError {
  try {
    run()
  } catch (error) {
    if (error instanceof AppError) return error
  }
  throw new Error('Expected an AppError')
}

describe('an order document', () => {
  it('is captured when placed, and how far it is when that happened', () => {
    const [captured, changed, ...rest] = normalize('order', orderData({ status: 'SHIPPED' }))
    expect(rest).toEqual([])
    expect(captured).toMatchObject({
      type: 'retail.order.captured.v1',
      time: '2026-02-01T10:00:00.000Z',
      dataClassification: 'restricted',
      data: { orderId: 'order:oms:o1', profileId: 'customer-profile:crm:c1', shippingMinor: '490' },
    })
    expect(changed).toMatchObject({ type: 'retail.order.line-state-changed.v1', time: '2026-02-01T11:00:00.000Z' })
    expect(changed?.data.skipped).toEqual([
      'VALIDATING',
      'ACCEPTED',
      'RESERVED',
      'ALLOCATED',
      'RELEASED',
      'PICKED',
      'PACKED',
    ])
  })

  it('only newly captured tells no state change', () => {
    expect(typesOf(normalize('order', orderData({ status: 'CAPTURED' })))).toEqual(['order.captured'])
  })

  it('with only a new state tells which lines changed and how', () => {
    const lines = [lineData({ status: 'PICKED' }), lineData({ key: '2', quantity: 1 })]
    const [event, ...rest] = normalize(
      'order',
      orderData({ lines }),
      orderData({ lines: [lineData(), lineData({ key: '2', quantity: 1 })] }),
    )
    expect(rest).toEqual([])
    expect(event?.data.lines).toMatchObject([
      { before: [{ state: 'ACCEPTED', quantity: 3 }], after: [{ state: 'PICKED', quantity: 3 }] },
    ])
  })

  it('with changed content tells what was edited and the keys it had', () => {
    const [event, ...rest] = normalize('order', orderData({ number: 'R-2', shipping: '0' }), orderData())
    expect(rest).toEqual([])
    expect(event).toMatchObject({
      type: 'retail.order.edited.v1',
      data: { changes: ['number', 'shippingMinor'], former: { number: 'R-1001', externalNumber: 'W-1' } },
    })
  })

  it('whose units were only cancelled tells a cancellation', () => {
    const events = normalize('order', orderData({ status: 'CANCELLED' }), orderData())
    expect(typesOf(events)).toEqual(['order.cancelled', 'order.demand-changed'])
  })

  it('tells which units are wanted once others are, and nothing of it where only other things changed', () => {
    const former = [lineData(), lineData({ key: '2', quantity: 2 })]
    const counts = [
      { state: 'CANCELLED', quantity: 1 },
      { state: 'SHIPPED', quantity: 3 },
    ]
    const now = [lineData({ quantity: 4, statusCounts: counts })]
    const events = normalize('order', orderData({ lines: now }), orderData({ lines: former }))
    expect(events.at(-1)).toMatchObject({
      type: 'retail.order.demand-changed.v1',
      data: {
        orderId: 'order:oms:o1',
        channelId: 'web',
        before: [{ quantity: 3 }, { quantity: 2 }],
        after: [{ quantity: 3 }],
      },
    })
    expect(demandEvents['retail.order.demand-changed.v1'].safeParse(events.at(-1)?.data).error).toBeUndefined()
    const shipped = normalize('order', orderData({ lines: former, status: 'SHIPPED' }), orderData({ lines: former }))
    expect(typesOf(shipped)).toEqual(['order.line-state-changed'])
  })

  it('that says the same makes no event, and neither does its disappearance', () => {
    expect(normalize('order', orderData(), orderData())).toEqual([])
    expect(normalize('order', null, orderData())).toEqual([])
  })

  it('keeps addresses out of events that are not restricted', () => {
    const open = normalize('order', orderData()).filter(({ dataClassification }) => dataClassification !== 'restricted')
    expect(typesOf(open)).toEqual(['order.line-state-changed'])
    expect(JSON.stringify(open)).not.toContain('Lyon')
  })

  it('with an unknown status is refused by field, value and what is allowed', () => {
    const error = refusalOf(() => normalize('order', orderData({ status: 'ON_THE_MOON' })))
    expect(error.code).toBe('SOURCE_DATA_INVALID')
    expect(error.message).toContain('status is "ON_THE_MOON", allowed is "CAPTURED"')
  })

  it('with a negative price is refused by field', () => {
    const error = refusalOf(() => normalize('order', orderData({ lines: [lineData({ unitPrice: '-1.00' })] })))
    expect(error.message).toBe('Cannot read lines.0.unitPrice: it is "-1.00", allowed is 0 or more')
  })

  it('with more digits than its currency has is refused', () => {
    const error = refusalOf(() => normalize('order', orderData({ currency: 'JPY', shipping: '4.90' })))
    expect(error.code).toBe('SOURCE_DATA_INVALID')
    expect(error.message).toContain('at most 0 digits after the point for JPY')
  })

  it('whose counts do not sum to the quantity is refused', () => {
    const lines = [lineData({ statusCounts: [{ state: 'PICKED', quantity: 2 }] })]
    expect(refusalOf(() => normalize('order', orderData({ lines }))).message).toContain('counts that sum to quantity')
  })

  it('with two lines of one key is refused', () => {
    const error = refusalOf(() => normalize('order', orderData({ lines: [lineData(), lineData()] })))
    expect(error.message).toContain('lines is a list of 2, allowed is lines with a key of their own each')
  })
})

describe('a shipment document', () => {
  it('first seen delivered tells each step at its own time', () => {
    const events = normalize('shipment', shipmentData({ status: 'DELIVERED', deliveredAt: '2026-02-05T09:00:00Z' }))
    expect(events.map(({ type, time, inferred = false }) => [type, time, inferred])).toEqual([
      ['retail.shipment.dispatched.v1', '2026-02-03T08:00:00.000Z', false],
      ['retail.shipment.delivered.v1', '2026-02-05T09:00:00.000Z', false],
    ])
  })

  it('not yet sent is created, and dispatched when it leaves', () => {
    const label = shipmentData({ status: 'LABEL_CREATED', shippedAt: null })
    expect(typesOf(normalize('shipment', label))).toEqual(['shipment.created'])
    expect(typesOf(normalize('shipment', shipmentData(), label))).toEqual(['shipment.dispatched'])
    const ready = shipmentData({ status: 'PRE_TRANSIT', shippedAt: null })
    expect(typesOf(normalize('shipment', ready, label))).toEqual(['shipment.milestone-recorded'])
  })

  it('names the lines as the order of another system does', () => {
    const [shipment] = normalize('shipment', shipmentData())
    const [order] = normalize('order', orderData())
    const shipped = shipment?.data.lines
    const ordered = order?.data.lines
    if (!Array.isArray(shipped) || !Array.isArray(ordered)) throw new Error('Expected lines')
    expect(shipped.map((line) => line.lineId)).toEqual(ordered.map((line) => line.lineId))
  })

  it('that goes on tells only what is new', () => {
    const delivered = shipmentData({ status: 'DELIVERED', deliveredAt: '2026-02-05T09:00:00Z' })
    expect(typesOf(normalize('shipment', delivered, shipmentData()))).toEqual(['shipment.delivered'])
    expect(typesOf(normalize('shipment', shipmentData({ trackingNumber: 'T2' }), shipmentData()))).toEqual([
      'shipment.changed',
    ])
    expect(normalize('shipment', shipmentData(), shipmentData())).toEqual([])
  })

  it('with a cost but no currency is refused', () => {
    const error = refusalOf(() => normalize('shipment', shipmentData({ currency: null })))
    expect(error.message).toContain('currency is null, allowed is an ISO 4217 code, since cost is given')
  })
})
