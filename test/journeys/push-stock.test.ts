import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHttpStream } from '../gateway/push/http-client.ts'
import { issueToken } from '../support/sign-in.ts'
import { startTestApp, type TestAnswer, type TestApp } from '../support/start-app.ts'
import { until } from '../support/until.ts'

describe('journey: stock is followed by who sells it and who replenishes it', () => {
  let app: TestApp
  let wms: pg.Client
  let agent: { readonly authorization: string }
  let keys = 0
  beforeAll(async () => {
    app = await startTestApp()
    wms = new pg.Client({ connectionString: app.sourceUrl('wms') })
    await wms.connect()
    agent = { authorization: `Bearer ${await issueToken(app.url, 'agent')}` }
  }, 180_000)
  afterAll(async () => {
    await wms.end()
    await app[Symbol.asyncDispose]()
  })

  const mutate = async (name: string, inputType: string, input: object, fields: string, headers = agent) => {
    const query = `mutation ($input: ${inputType}!) { answer: ${name}(input: $input) { __typename ${fields} } }`
    const { data, errors } = await app.ask(query, { input: { idempotencyKey: `key ${++keys}`, ...input } }, headers)
    if (data?.answer === undefined) throw new Error(`${name}: ${JSON.stringify(errors)}`)
    return data.answer
  }

  const reserve = (owner: string, line: object, more: object = {}) =>
    mutate(
      'reserveStock',
      'ReserveStockInput',
      { channelId: 'web', owner: { kind: 'CART', id: owner }, lines: [{ lineId: '1', ...line }], ...more },
      '... on ReserveStockSuccess { reservations { id } }',
    )

  /** Nearly all of it may be sold by the shop, so that no other channel or rule is in the way. */
  async function soldBy(place: number): Promise<{ readonly id: string; readonly sku: string; readonly ats: number }> {
    const skus = Array.from({ length: 40 }, (_, at) => `DEMO-${String(at + 1).padStart(4, '0')}`)
    const query =
      'query ($skus: [String!]!) { variantsBySku(skus: $skus) { id sku availability(channelId: "web") { ats } } }'
    const { data }: TestAnswer = await app.ask(query, { skus }, agent)
    const sold = data.variantsBySku.filter((one: TestAnswer['data']) => one?.availability?.ats > 3)
    const { id, sku, availability } = sold[place]
    return { id, sku, ats: availability.ats }
  }

  it('a storefront hears that somebody else took the last units, and that they came back', async () => {
    const { id, sku, ats } = await soldBy(0)
    const query = `subscription ($ids: [ID!]) { availabilityChanged(variantIds: $ids, initial: SNAPSHOT) {
      ... on AvailabilitySnapshot { variant { availability(channelId: "web") { status } } }
      ... on AvailabilityEvent { variant { availability(channelId: "web") { status } } } } }`
    using stream = await openHttpStream(app.url, { query, variables: { ids: [id] } }, 'text/event-stream')
    await until('the snapshot is told', () => stream.text().includes('event: next'))
    const told = (status: string) => stream.text().split(`"status":"${status}"`).length - 1
    expect(told('OUT_OF_STOCK')).toBe(0)
    const before = told('IN_STOCK') + told('LOW_STOCK')

    const { reservations } = await reserve('taker', { sku, quantity: ats })
    await until('that it is gone', () => told('OUT_OF_STOCK') === 1)
    const items = reservations.map((one: TestAnswer['data']) => ({ reservationId: one.id }))
    await mutate('releaseReservation', 'ReservationUnitsInput', { items }, '')
    await until('that it is back', () => told('IN_STOCK') + told('LOW_STOCK') === before + 1)
  })

  it('who follows a shelf hears what moved there', async () => {
    const { rows } = await wms.query(
      'select sku_cd, node_cd, qty_avl from wms_stk where qty_avl > 3 order by stk_id limit 1',
    )
    const [{ sku_cd: sku, node_cd: code, qty_avl: units }] = rows
    const { data } = await app.ask(
      'query ($sku: String!, $code: String) { variant(sku: $sku) { id } location(code: $code) { id } }',
      { sku, code },
    )
    const variables = { variantIds: [data.variant.id], locationIds: [data.location.id] }
    const query = `subscription ($variantIds: [ID!], $locationIds: [ID!]) { stockMoved(variantIds: $variantIds, locationIds: $locationIds) {
      ... on StockEvent { position { sellable } } } }`
    using stream = await openHttpStream(app.url, { query, variables }, 'text/event-stream', { headers: agent })
    const admin = { authorization: `Bearer ${await issueToken(app.url, 'admin')}` }
    const movement = {
      lineId: '1',
      sku,
      locationId: data.location.id,
      kind: 'RECEIPT',
      quantity: 5,
      occurredAt: new Date(),
    }
    const answer = await mutate('recordMovements', 'RecordMovementsInput', { movements: [movement] }, '', admin)
    expect(answer.__typename).toBe('StockRecorded')
    await until('the movement is told', () => stream.text().includes(`"sellable":${units + 5}`))
  })

  it('who replenishes hears that an order took a shelf to its reorder point, once', async () => {
    const { id, sku } = await soldBy(1)
    const query = `subscription ($ids: [ID!]) { replenishmentSignalled(variantIds: $ids) {
      ... on ReplenishmentEvent { level threshold ruleId location { code } position { reorderPoint } } } }`
    using stream = await openHttpStream(app.url, { query, variables: { ids: [id] } }, 'text/event-stream', {
      headers: agent,
    })
    using storefront = await openHttpStream(app.url, { query, variables: { ids: [id] } }, 'text/event-stream')
    const { reservations } = await reserve('order', { sku, quantity: 1 })
    const { data } = await app.ask(
      'query ($id: ID!) { reservation(id: $id) { location { code } } }',
      { id: reservations[0].id },
      agent,
    )
    const { code } = data.reservation.location
    // The level is just above the point before the order, and at it after.
    const { rows } = await wms.query(
      `update wms_stk set min_lvl = qty_avl - qty_alc - 1, upd_ts = now() where sku_cd = $1 and node_cd = $2
       returning min_lvl`,
      [sku, code],
    )
    const [{ min_lvl: threshold }] = rows
    await until('the point is known', async () => {
      const positions =
        'query ($sku: String!) { variant(sku: $sku) { positions(first: 50) { edges { node { reorderPoint location { code } } } } } }'
      const known = await app.ask(positions, { sku }, agent)
      return known.data.variant.positions.edges.some(
        ({ node }: TestAnswer['data']) => node.location.code === code && node.reorderPoint === threshold,
      )
    })
    expect(stream.text()).not.toContain('"level"')
    const confirmed = await mutate(
      'confirmReservation',
      'ConfirmReservationInput',
      { orderId: 'an order', items: [{ reservationId: reservations[0].id }] },
      '',
    )
    expect(confirmed.__typename).toBe('ReservationSuccess')
    const told = `"level":${threshold},"threshold":${threshold},"ruleId":null,"location":{"code":"${code}"},"position":{"reorderPoint":${threshold}}`
    await until('the signal is told', () => stream.text().includes(told))
    expect(storefront.text()).toContain('FORBIDDEN')
    expect(storefront.text()).not.toContain('"level"')
  })
})
