import type { JsonObject, RecordedEvent } from '../../../../platform/event-log/event-log.ts'
import type { Viewer } from '../../../../platform/identity/viewer.ts'
import { until } from '../../../support/until.ts'
import { locationDocument } from '../../inventory/documents.ts'
import { lineData, orderData, shipmentData } from '../documents.ts'
import { type Code, openFulfillmentWorld, system } from '../fulfillment/world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

export const countries: Readonly<Record<Code, string>> = { DC: 'FR', S1: 'FR', S2: 'GB', S3: 'GB' }

/** A retailer with a centre and a store in France, and two stores in Great Britain. @param runs whether its processes run here */
export async function openReturnWorld({ runs = true }: { runs?: boolean } = {}) {
  const world = await openFulfillmentWorld({ runs })
  const places = Object.entries(countries).map(([code, country]) => [
    code,
    locationDocument(code, { address: { country } }),
  ])
  await world.deliver('location', Object.fromEntries(places))
  let keys = 0

  async function change(name: string, input: JsonObject, viewer: Viewer = system): Promise<Answer> {
    const type =
      name === 'requestReturn' || name.startsWith('record')
        ? `${name.slice(0, 1).toUpperCase()}${name.slice(1)}Input`
        : 'ReturnStepInput'
    const given = { idempotencyKey: `r${++keys}`, ...input }
    const text = `mutation ($input: ${type}!) { answer: ${name}(input: $input) { ${resultFields} } }`
    return (await world.askOrders(text, { input: given }, viewer)).answer
  }

  return {
    ...world,
    change,
    /** An order whose lines were delivered from a location: units by SKU. @returns its id and the ids of its lines by SKU */
    async sold<S extends string>(
      key: string,
      units: Readonly<Record<S, number>>,
      {
        from = 'DC',
        line = {},
        order = {},
        sent = units,
      }: { from?: Code; line?: JsonObject; order?: JsonObject; sent?: Readonly<Record<string, number>> } = {},
    ): Promise<{ readonly id: string; readonly lines: Readonly<Record<S, string>> }> {
      await world.deliver('catalogue', Object.fromEntries(Object.keys(units).map((sku) => [sku, {}])))
      const lines = Object.entries<number>(units).map(([sku, quantity]) =>
        lineData({ key: sku, sku, variant: { namespace: 'sku', value: sku }, quantity, ...line }),
      )
      await world.deliver(
        'order',
        { [key]: orderData({ number: key, externalNumber: key, lines, shipping: null, ...order }) },
        'oms',
      )
      const shipment = shipmentData({
        ...{ order: { namespace: 'oms', value: key }, location: { namespace: 'location-code', value: from } },
        ...{ status: 'DELIVERED', deliveredAt: '2026-02-05T08:00:00Z' },
        lines: Object.entries<number>(sent).map(([lineKey, quantity]) => ({ lineKey, quantity })),
      })
      await world.deliver('shipment', { [key]: shipment }, 'wms')
      const { rows } = await world.database.query<{ id: string }>(
        "select id from connector.natural_keys where namespace = 'oms' and value = $1",
        [key],
      )
      const id = rows[0]?.id ?? ''
      const { order: found } = await world.askOrders('query ($id: ID!) { order(id: $id) { lines { id sku } } }', { id })
      const lineIds: Answer = Object.fromEntries(found.lines.map((one: Answer) => [one.sku, one.id]))
      return { id, lines: lineIds }
    },
    /** Requests and authorizes. @returns the return as it is then */
    async authorized(orderId: string, lines: readonly JsonObject[], returnTo: Code, more: JsonObject = {}) {
      const asked = await change('requestReturn', {
        ...{ orderId, lines, returnToLocationId: world.locationId(returnTo), ...more },
      })
      if (asked.return === undefined) throw new Error(JSON.stringify(asked))
      const input = { returnId: asked.return.id, expectedVersion: 1 }
      return (await change('authorizeReturn', input)).return as Answer
    },
    async return(id: string, viewer?: Viewer): Promise<Answer> {
      return (await world.askOrders(`query ($id: ID!) { return(id: $id) { ${returnFields} } }`, { id }, viewer)).return
    },
    /** Everything told of a return, in the order of its own sequence. */
    toldOf: (id: string): Promise<readonly RecordedEvent[]> =>
      world.parts.eventLog.readSource(`/tenants/test/orders/return/${id}`, 1, 1_000),
    /** What lies of a variant at a location, by bucket; waits for what was told so far. */
    async shelf(sku: string, code: Code): Promise<Answer> {
      const { rows } = await world.database.query<Answer>(
        `select on_hand as "onHand", sellable, damaged, quality_control as "qualityControl", return_hold as "returnHold"
         from inventory.positions join connector.natural_keys named on named.id = variant_id and named.namespace = 'sku'
         where named.value = $1 and location_id = $2`,
        [sku, world.locationId(code)],
      )
      return rows[0] ?? null
    },
    /** What is to be posted for a return, as finance sees it. */
    async postings(id: string): Promise<Answer> {
      const text = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Return { postingStage postings {
        id rule stage waitsFor reason canonicalTransactionId rate { base quote rate } journalEntry { number }
        lines { account debit { amount currency } credit { amount currency } location { id } } } } } }`
      return (await world.askFinance(text, { of: [{ __typename: 'Return', id }] }))._entities[0]
    },
    /** The finance system posts what it was told to: by rule. */
    async confirm(id: string, orderKey: string, rules: readonly string[]): Promise<void> {
      const { rows } = await world.database.query<{ body: Answer }>(
        'select body from finance.postings where return_id = $1 and stage is not null order by id',
        [id],
      )
      const documents = rows
        .filter(({ body }) => rules.includes(body.rule))
        .map(({ body }) => [body.id, journalOf(body, orderKey)] as const)
      await world.deliver('journal-entry', Object.fromEntries(documents), 'gl')
    },
    /** Waits until the return is as it is asked to be. */
    becomes: (id: string, wanted: (kept: Answer) => boolean): Promise<Answer> =>
      until(`return ${id} is as it should be`, async () => {
        const { rows } = await world.database.query<{ body: Answer }>('select body from orders.returns where id = $1', [
          id,
        ])
        const body = rows[0]?.body
        return body !== undefined && wanted(body) ? body : null
      }),
  }
}

/** A posting as a finance system tells that it has posted it. */
export function journalOf(posting: Answer, orderKey: string, changes: JsonObject = {}): JsonObject {
  const [first] = posting.lines
  const debits = posting.lines.filter(
    (line: Answer) => line.side === 'DEBIT' && line.currency === (first?.currency ?? 'EUR'),
  )
  const minor = debits.reduce((sum: number, line: Answer) => sum + Number(line.amountMinor), 0)
  return {
    ...{ number: `GL-${posting.id}`, order: { namespace: 'oms', value: orderKey }, rule: posting.rule },
    ...{ postingId: posting.id, currency: first?.currency ?? 'EUR', amount: (minor / 100).toFixed(2) },
    ...{ status: 'POSTED', createdAt: '2026-03-02T00:00:00Z', postedAt: '2026-03-02T00:00:00Z', ...changes },
  }
}

export type ReturnWorld = Awaited<ReturnType<typeof openReturnWorld>>

export const returnFields = `
  id rma state initiatedVia crossBorder deadline note refund refundDue { amount currency } version orderId
  returnTo { id }
  lines { lineId quantity reason awaited shippedFrom { id }
    receipts { id outcome quantity onHold location { id } dispositions { disposition quantity } } }`

const resultFields = `
  __typename ... on DomainError { code message path }
  ... on ReturnSuccess { replayed return { ${returnFields} } }
  ... on ReturnNotAllowed { state allowed }
  ... on ReturnQuantityExceeded { limits { id requested allowed } }
  ... on VersionConflict { currentVersion }`
