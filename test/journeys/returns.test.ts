import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHttpStream } from '../gateway/push/http-client.ts'
import { type Ask, issueToken, signIn } from '../support/sign-in.ts'
import { startTestApp, type TestApp } from '../support/start-app.ts'
import { until } from '../support/until.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

const change = (
  name: string,
  type = 'ReturnStepInput',
) => `mutation ($input: ${type}!) { answer: ${name}(input: $input) {
  __typename ... on DomainError { message } ... on ReturnSuccess { return { id version state } } } }`

/** What is asked again and again stays within what one client may ask. */
const slowly = { timeout: 30_000, interval: 250 }

const whole = /* GraphQL */ `
  query ($id: ID!) {
    return(id: $id) {
      rma state crossBorder refund refundDue { amount currency }
      returnTo { name }
      lines { lineId line { sku } shippedFrom { id } receipts { id location { id } dispositions { disposition } } }
    }
  }
`
const books = /* GraphQL */ `
  query ($id: ID!) {
    return(id: $id) {
      postingStage
      postings {
        id rule stage waitsFor canonicalTransactionId rate { rate } journalEntry { number }
        lines { account debit { amount currency } credit { amount currency } }
      }
    }
  }
`

describe('journey: what was sent into one country comes back in another, to books of another currency (K049)', () => {
  let app: TestApp
  let agent: Ask
  let service: Ask
  let finance: Ask
  beforeAll(async () => {
    app = await startTestApp()
    agent = await signIn(app, 'agent')
    service = await signIn(app, 'service')
    finance = await signIn(app, 'finance')
  }, 120_000)
  afterAll(async () => app[Symbol.asyncDispose]())

  async function source(system: 'oms' | 'erp' | 'psp', text: string, values: readonly unknown[] = []): Promise<void> {
    const client = new pg.Client({ connectionString: app.sourceUrl(system) })
    await client.connect()
    await client.query(text, [...values])
    await client.end()
  }

  it('lies on hold, is sold again, and tax, duty, cost and currency are in the books by the finance system’s own word', async () => {
    // Sent from Berlin to Zürich in francs: its cost is in the books of the Swiss company, and duty was paid.
    await source(
      'oms',
      "update sales_order set currency = 'CHF', ship_city = 'Zürich', ship_country = 'CH' where order_no = 'O-1000001'",
    )
    await source(
      'erp',
      "update wareinst set waehr = 'CHF', wert = menge * 20.00, zolld = 'CH', zoll = menge * 1.25 where aufnr = 'O-1000001'",
    )
    const { order, location } = (
      await until('the order is as it was changed', async () => {
        const text = `{ order(number: "O-1000001") { id currency shipTo { country } shipments { location { id } }
          lines { id sku quantity variant { id } } } location(code: "ST002") { id } }`
        const answer = await service(text)
        return answer.data?.order?.currency === 'CHF' ? answer : null
      })
    ).data
    const line = order.lines.find(({ quantity }: Answer) => quantity === 2)
    const shelf = async () => {
      const text = `query ($variant: ID!) { variant(id: $variant) { positions(first: 50) {
        edges { node { location { id } sellable returnHold onHand } } } } }`
      const { data } = await service(text, { variant: line.variant.id })
      const nodes = data.variant.positions.edges.map(({ node }: Answer) => node)
      const of = (id: string) => {
        const { sellable = 0, returnHold = 0 } = nodes.find((node: Answer) => node.location.id === id) ?? {}
        return { sellable, returnHold }
      }
      return { store: of(location.id), centre: of(order.shipments[0].location.id) }
    }
    const before = await shelf()
    const headers = { authorization: `Bearer ${await issueToken(app.url, 'service')}` }
    const query = `subscription ($ids: [ID!]) { returnChanged(orderIds: $ids) { ... on ReturnEvent { type state return { rma } } } }`
    using stream = await openHttpStream(app.url, { query, variables: { ids: [order.id] } }, 'text/event-stream', {
      headers,
    })
    const told = `subscription { notificationRequested(templates: [RETURN_RECEIVED]) { ... on NotificationEvent { template return { rma } order { number } } } }`
    using notified = await openHttpStream(app.url, { query: told }, 'text/event-stream', { headers })

    const asked = await agent(change('requestReturn', 'RequestReturnInput'), {
      input: {
        ...{ idempotencyKey: 'j1', orderId: order.id, returnToLocationId: location.id, initiatedVia: 'STORE' },
        lines: [{ lineId: line.id, quantity: 2, reason: 'UNWANTED' }],
      },
    })
    const { id } = asked.data.answer.return
    await agent(change('authorizeReturn'), { input: { idempotencyKey: 'j2', returnId: id, expectedVersion: 1 } })
    const received = await service(change('recordReturnReceipt', 'RecordReturnReceiptInput'), {
      input: {
        ...{ idempotencyKey: 'j3', returnId: id, expectedVersion: 2, locationId: location.id },
        lines: [{ lineId: line.id, quantity: 2 }],
      },
    })
    expect(received.data.answer).toMatchObject({ __typename: 'ReturnSuccess', return: { state: 'RECEIVED' } })
    await expect
      .poll(shelf, slowly)
      .toEqual({ ...before, store: { sellable: before.store.sellable, returnHold: before.store.returnHold + 2 } })
    const { return: kept } = (await agent(whole, { id })).data
    expect(kept).toMatchObject({
      ...{ rma: 'O-1000001-R1', crossBorder: true, refund: 'DUE', refundDue: { currency: 'CHF' } },
      lines: [{ line: { sku: line.sku }, shippedFrom: [order.shipments[0].location], receipts: [{ location }] }],
    })
    await service(change('recordReturnDisposition', 'RecordReturnDispositionInput'), {
      input: {
        ...{ idempotencyKey: 'j4', returnId: id, expectedVersion: 3 },
        lines: [{ receiptId: kept.lines[0].receipts[0].id, quantity: 2, disposition: 'RESTOCKED' }],
      },
    })
    await expect
      .poll(shelf, slowly)
      .toEqual({ ...before, store: { ...before.store, sellable: before.store.sellable + 2 } })

    // The shopper's money and the service desk's view are no books.
    expect((await agent(books, { id })).errors?.[0]?.extensions.code).toBe('FORBIDDEN')
    const posted = async () => (await finance(books, { id })).data.return
    await expect.poll(posted, slowly).toMatchObject({ postingStage: 'PENDING', postings: { length: 5 } })
    const pending = await posted()
    const lines = Object.fromEntries(
      pending.postings.map((one: Answer) => [
        one.rule,
        one.lines.map(({ account, debit, credit }: Answer) => {
          const { amount, currency } = debit ?? credit
          return `${debit === null ? 'Cr' : 'Dr'} ${account} ${amount} ${currency}`
        }),
      ]),
    )
    expect(lines).toMatchObject({
      P9A: ['Dr 1220 40.00 CHF', 'Cr 5000 40.00 CHF'],
      P9B: ['Dr 1200 42.55 EUR', 'Cr 1220 42.55 EUR'],
      P9C: ['Dr 1100 2.50 CHF', 'Cr 5000 2.50 CHF'],
      P15: ['Dr 1220 42.55 EUR', 'Cr 7000 42.55 EUR', 'Dr 7000 40.00 CHF', 'Cr 1220 40.00 CHF'],
    })
    const { amount: due } = kept.refundDue
    expect(lines.P10).toEqual([
      expect.stringMatching(/^Dr 4095/),
      expect.stringMatching(/^Dr 2200/),
      `Cr 2400 ${due} CHF`,
    ])
    expect(new Set(pending.postings.map((one: Answer) => one.canonicalTransactionId))).toEqual(new Set([order.id]))

    await source(
      'psp',
      `insert into refund (id, txn_id, amount_minor, state, reason, created_at, return_ref)
       select 're_j', id, $1, 'succeeded', 'customer_return', now(), $2 from txn where merchant_ref = 'O-1000001'`,
      [Math.round(Number(due) * 100), id],
    )
    // The payment was taken before the order was changed, so the refund is in euros.
    await expect.poll(posted, slowly).toMatchObject({ postingStage: 'PENDING', postings: { length: 6 } })
    for (const [at, { id: postingId, lines: own }] of (await posted()).postings.entries()) {
      const debits: readonly { amount: string; currency: string }[] = own.flatMap(({ debit }: Answer) => debit ?? [])
      const [first] = debits
      const sum = debits
        .filter(({ currency }) => currency === first?.currency)
        .reduce((all, one) => all + Number(one.amount), 0)
      await source(
        'erp',
        `insert into buchg (belnr, faknr, aufnr, busch, waehr, betrag, erfdat, erfzt, budat, buzt, busta, anfnr)
         values ($1, 0, 'O-1000001', 'RETOURE', $2, $3, 20261001, 120000, 20261001, 120000, 'BU', $4)`,
        [95_000_000 + at, first?.currency, sum.toFixed(2), postingId],
      )
    }
    await expect.poll(posted, slowly).toMatchObject({ postingStage: 'CONFIRMED' })
    expect((await posted()).postings.map(({ journalEntry }: Answer) => journalEntry.number.slice(0, 3))).toEqual(
      Array.from({ length: 6 }, () => '950'),
    )
    await until('the return is told', () => stream.text().includes('disposition-recorded.v1'))
    expect(stream.text()).toContain('"state":"RECEIVED","return":{"rma":"O-1000001-R1"}')
    await until('the customer is to be told', () => notified.text().includes('"template":"RETURN_RECEIVED"'))
    expect(notified.text()).toContain('"return":{"rma":"O-1000001-R1"},"order":{"number":"O-1000001"}')
  }, 120_000)
})
