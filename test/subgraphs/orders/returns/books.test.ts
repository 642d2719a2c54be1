import { expect, it } from 'vitest'
import { startChild } from '../../../support/child.ts'
import { readable } from '../../../support/event-log.ts'
import { type Moment, openFulfillmentParts } from '../../../support/fulfillment-parts.ts'
import { journalOf, openReturnWorld, type ReturnWorld } from './world.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each test asserts
type Answer = any

const orderOf = (value: string) => ({ namespace: 'oms', value })

const costDocument = (order: string, lineKey: string, cost: string, more: object = {}) => ({
  ...{ order: orderOf(order), currency: 'EUR' },
  lines: [{ lineKey, quantity: 3, cost, ...more }],
})

const entities = {
  fr: { currency: 'EUR', countries: ['FR'] },
  gb: { currency: 'GBP', countries: ['GB'] },
}
const rate = { base: 'EUR', quote: 'GBP', rate: '0.8432', validFrom: '2026-01-01T00:00:00Z' }

async function receiveAt(world: ReturnWorld, key: string) {
  const { id: orderId, lines } = await world.sold(key, { A: 3 })
  const { id: returnId } = await world.authorized(orderId, [{ lineId: lines.A, quantity: 2 }], 'DC')
  const { return: kept } = await world.change('recordReturnReceipt', {
    ...{ returnId, expectedVersion: 2, locationId: world.locationId('S2') },
    lines: [{ lineId: lines.A, quantity: 2 }],
  })
  return { orderId, returnId, receiptId: kept.lines[0].receipts[0].id }
}

const short = ({ rule, stage, waitsFor, lines }: Answer) => [
  rule,
  stage,
  ...waitsFor,
  ...lines.map(({ account, debit, credit }: Answer) => {
    const { amount, currency } = debit ?? credit
    return `${debit === null ? 'Cr' : 'Dr'} ${account} ${amount} ${currency}`
  }),
]

const refundOf = (returnId: string, key: string, status: string, amount = '22.40', currency = 'EUR') => ({
  ...{ order: orderOf(key), returnId, amount, currency, status, createdAt: '2026-03-01T00:00:00Z' },
})

it('is told to the books of two countries as far as it is known, waits for the rest, and closes once they say so (K049)', async () => {
  await using world = await openReturnWorld()
  await world.deliver('legal-entity', entities, 'gl')
  const { orderId, returnId, receiptId } = await receiveAt(world, 'R-1')
  await world.settle()
  const waiting = await world.postings(returnId)
  expect(waiting.postingStage).toBe('WAITING')
  expect(waiting.postings.map(short).toSorted()).toEqual([
    ['P10', 'PENDING', 'Dr 4095 18.67 EUR', 'Dr 2200 3.73 EUR', 'Cr 2400 22.40 EUR'],
    ['P15', 'WAITING', 'COST'],
    ['P9A', 'WAITING', 'COST'],
  ])
  expect(waiting.postings[0].canonicalTransactionId).toBe(orderId)
  expect(await world.parts.finance.figures?.read()).toEqual({
    ...{ postings_waiting: 2, postings_unconfirmed: 1, postings_rejected: 0 },
  })

  await world.deliver(
    'sale-cost',
    { 'R-1': costDocument('R-1', 'A', '12.00', { duty: { country: 'FR', amount: '0.90' } }) },
    'gl',
  )
  await world.change('recordReturnDisposition', {
    ...{ returnId, expectedVersion: 3 },
    lines: [
      { receiptId, quantity: 1, disposition: 'RESTOCKED' },
      { receiptId, quantity: 1, disposition: 'DAMAGED' },
    ],
  })
  await world.settle()
  const rateless = (await world.postings(returnId)).postings.map(short)
  expect(rateless.filter(([, stage]: string[]) => stage === 'WAITING').toSorted()).toEqual([
    ['P15', 'WAITING', 'RATE'],
    ['P9B', 'WAITING', 'RATE'],
    ['P9B', 'WAITING', 'RATE'],
  ])

  await world.deliver('exchange-rate', { 1: rate }, 'gl')
  await world.settle()
  const told = await world.postings(returnId)
  expect(told.postingStage).toBe('PENDING')
  expect(told.postings.map(short).toSorted()).toEqual([
    ['P10', 'PENDING', 'Dr 4095 18.67 EUR', 'Dr 2200 3.73 EUR', 'Cr 2400 22.40 EUR'],
    ['P15', 'PENDING', 'Dr 1220 6.75 GBP', 'Cr 7000 6.75 GBP', 'Dr 7000 8.00 EUR', 'Cr 1220 8.00 EUR'],
    ['P9A', 'PENDING', 'Dr 1220 8.00 EUR', 'Cr 5000 8.00 EUR'],
    ['P9B', 'PENDING', 'Dr 1200 3.38 GBP', 'Cr 1220 3.38 GBP'],
    ['P9B', 'PENDING', 'Dr 1230 3.37 GBP', 'Cr 1220 3.37 GBP'],
    ['P9C', 'PENDING', 'Dr 1100 0.60 EUR', 'Cr 5000 0.60 EUR'],
  ])
  expect(told.postings.find(({ rule }: Answer) => rule === 'P15').rate).toEqual({
    base: 'EUR',
    quote: 'GBP',
    rate: '0.8432',
  })

  await world.confirm(returnId, 'R-1', ['P9A', 'P9B', 'P9C', 'P10', 'P15'])
  await world.settle()
  expect((await world.postings(returnId)).postingStage).toBe('CONFIRMED')
  expect(await world.return(returnId)).toMatchObject({ state: 'RECEIVED', refund: 'DUE' })

  await world.deliver('refund', { f1: refundOf(returnId, 'R-1', 'SUBMITTED') }, 'psp')
  await world.settle()
  expect((await world.return(returnId)).refund).toBe('SUBMITTED')
  await world.deliver('refund', { f1: refundOf(returnId, 'R-1', 'SUCCEEDED') }, 'psp')
  await world.settle()
  expect(await world.return(returnId)).toMatchObject({ state: 'RECEIVED', refund: 'SUCCEEDED' })
  await world.confirm(returnId, 'R-1', ['P10B'])
  expect(await world.becomes(returnId, ({ closed }) => closed)).toMatchObject({ closed: true })
  await world.settle()
  const after = await world.return(returnId)
  expect(after).toMatchObject({ state: 'CLOSED', refund: 'SUCCEEDED', crossBorder: true })
  expect((await world.toldOf(returnId)).at(-1)).toMatchObject({
    type: 'retail.return.closed.v1',
    data: { version: after.version },
  })

  // The bank sends the money back: it is owed again, and the books turn it round.
  await world.deliver('refund', { f1: refundOf(returnId, 'R-1', 'REVERSED') }, 'psp')
  await world.settle()
  expect(await world.return(returnId)).toMatchObject({ state: 'RECEIVED', refund: 'FAILED' })
  expect((await world.postings(returnId)).postings.map(short).at(-1)).toEqual([
    ...['P10C', 'PENDING', 'Cr 2400 22.40 EUR', 'Dr 1020 22.40 EUR'],
  ])
}, 60_000)

it('is not confirmed by another amount, nor by a refusal; and a finance system that knows what is missing here may post it', async () => {
  await using world = await openReturnWorld()
  const { returnId } = await receiveAt(world, 'R-1')
  await world.settle()
  const kept = async (rule: string) => {
    const { rows } = await world.database.query<{ body: Answer }>(
      "select body from finance.postings where return_id = $1 and body ->> 'rule' = $2",
      [returnId, rule],
    )
    return rows[0]?.body
  }
  const [owed, cost] = [await kept('P10'), await kept('P9A')]
  await world.deliver('journal-entry', { j1: journalOf(owed, 'R-1', { amount: '22.00' }) }, 'gl')
  await world.settle()
  expect(await kept('P10')).toMatchObject({ stage: 'REJECTED', reason: 'posted 22.00 EUR, told was 22.40 EUR' })
  expect((await world.postings(returnId)).postingStage).toBe('REJECTED')
  const refused = { status: 'REJECTED', reason: 'period is closed', postedAt: null }
  await world.deliver('journal-entry', { j2: journalOf(owed, 'R-1', refused) }, 'gl')
  await world.settle()
  expect(await kept('P10')).toMatchObject({ stage: 'REJECTED', reason: 'period is closed' })
  await world.deliver(
    'journal-entry',
    { j2: journalOf(owed, 'R-1'), j3: journalOf(cost, 'R-1', { amount: '8.00' }) },
    'gl',
  )
  await world.settle()
  expect([await kept('P10'), await kept('P9A')]).toMatchObject([
    { stage: 'CONFIRMED', reason: null, version: 4 },
    { stage: 'CONFIRMED', waitsFor: [], lines: [] },
  ])
}, 60_000)

it('translates a refund in another currency by a rate that was told, and waits for one', async () => {
  await using world = await openReturnWorld()
  const { returnId } = await receiveAt(world, 'R-1')
  await world.deliver('refund', { f1: refundOf(returnId, 'R-1', 'SUCCEEDED', '18.89', 'GBP') }, 'psp')
  await world.settle()
  const given = async () =>
    (await world.postings(returnId)).postings.map(short).find(([rule]: string[]) => rule === 'P10B')
  expect(await given()).toEqual(['P10B', 'WAITING', 'RATE'])
  expect((await world.return(returnId)).refund).toBe('DUE')
  await world.deliver('exchange-rate', { 1: rate }, 'gl')
  await world.settle()
  expect(await given()).toEqual([
    ...['P10B', 'PENDING', 'Dr 2400 22.40 EUR', 'Cr 7000 22.40 EUR', 'Dr 7000 18.89 GBP', 'Cr 1020 18.89 GBP'],
  ])
  expect((await world.return(returnId)).refund).toBe('SUCCEEDED')
}, 60_000)

it('is posted once and closed once by processes that are killed at every step, by whoever comes next (K049, I8)', async () => {
  await using world = await openReturnWorld({ runs: false })
  const die = async (process: string, at: Moment['at'], type: string): Promise<void> => {
    await readable(world.database)
    await using child = startChild('fulfillment-child.ts', [world.url, process, at, `retail.${type}.v1`])
    expect(await child.ended).toBeNull()
  }
  const told = async () => {
    const { rows } = await world.database.query<{ rule: string; stage: string }>(
      `select data ->> 'rule' as rule, data ->> 'stage' as stage from event_log.events
       where type like 'retail.finance.posting-%' order by 1, 2`,
    )
    return rows.map(({ rule, stage }) => `${rule} ${stage}`)
  }
  await world.deliver('sale-cost', { 'R-1': costDocument('R-1', 'A', '12.00') }, 'gl')
  await world.deliver('legal-entity', { all: { currency: 'EUR', countries: ['FR', 'GB'] } }, 'gl')
  const { returnId, receiptId } = await receiveAt(world, 'R-1')
  const books = 'finance.return-postings'
  await die(books, 'decided', 'return.receipt-recorded')
  expect(await told()).toEqual([])
  await die(books, 'committed', 'return.receipt-recorded')
  expect(await told()).toEqual(['P10 PENDING', 'P9A PENDING'])
  await world.change('recordReturnDisposition', {
    ...{ returnId, expectedVersion: 3, lines: [{ receiptId, quantity: 2, disposition: 'QUARANTINED' }] },
  })
  await world.deliver('refund', { f1: refundOf(returnId, 'R-1', 'SUCCEEDED') }, 'psp')
  await die(books, 'committed', 'refund.succeeded')
  await die('orders.returns', 'decided', 'refund.succeeded')
  expect((await world.return(returnId)).refund).toBe('DUE')
  await die('orders.returns', 'committed', 'refund.succeeded')
  expect((await world.return(returnId)).refund).toBe('SUCCEEDED')
  await world.confirm(returnId, 'R-1', ['P9A', 'P10', 'P10B'])
  await die(books, 'committed', 'finance.journal-posted')
  await using last = startChild('fulfillment-child.ts', [world.url])
  await last.line('ready', 30_000)
  await world.becomes(returnId, ({ closed }) => closed)
  expect((await world.return(returnId)).state).toBe('CLOSED')
  const types = (await world.toldOf(returnId)).map(({ type }) => type)
  expect(types.filter((type) => type === 'retail.return.closed.v1')).toHaveLength(1)
  expect(await told()).toEqual([
    'P10 CONFIRMED',
    'P10 PENDING',
    'P10B CONFIRMED',
    'P10B PENDING',
    'P9A CONFIRMED',
    'P9A PENDING',
  ])
}, 120_000)

it('says nothing anew when the whole log is read again (I8)', async () => {
  await using world = await openReturnWorld({ runs: false })
  const read = async (): Promise<number> => {
    await using parts = openFulfillmentParts(world.database)
    parts.start()
    // What follows from what follows: a movement or a posting, what is told of it, the end of the return.
    for (let round = 0; round < 4; round += 1) {
      await readable(world.database)
      const head = await parts.eventLog.head()
      await Promise.all(parts.deciders.map((decider) => decider.caughtUp(head)))
    }
    const { rows } = await world.database.query<{ count: bigint }>('select count(*) from event_log.events')
    return Number(rows[0]?.count)
  }
  await world.deliver('sale-cost', { 'R-1': costDocument('R-1', 'A', '12.00') }, 'gl')
  await world.deliver('legal-entity', entities, 'gl')
  const { returnId, receiptId } = await receiveAt(world, 'R-1')
  await world.change('recordReturnDisposition', {
    ...{ returnId, expectedVersion: 3, lines: [{ receiptId, quantity: 2, disposition: 'RESTOCKED' }] },
  })
  const till = {
    ...{ variant: { namespace: 'sku', value: 'A' }, location: { namespace: 'location-code', value: 'S2' } },
    ...{ kind: 'RETURN_RECEIPT', quantity: 1, documentRef: returnId, occurredAt: new Date().toISOString() },
  }
  await world.deliver('movement', { m1: till }, 'till')
  await world.deliver('refund', { f1: refundOf(returnId, 'R-1', 'SUBMITTED') }, 'psp')
  await world.deliver('refund', { f1: refundOf(returnId, 'R-1', 'SUCCEEDED') }, 'psp')
  await world.deliver('exchange-rate', { 1: rate }, 'gl')
  await read()
  await world.confirm(returnId, 'R-1', ['P9A', 'P9B', 'P10', 'P10B', 'P15'])
  const before = await read()
  expect((await world.return(returnId)).state).toBe('CLOSED')
  await world.database.query(
    "delete from event_log.consumers where name in ('inventory.returns', 'finance.return-postings', 'orders.returns')",
  )
  expect(await read()).toBe(before)
}, 60_000)
