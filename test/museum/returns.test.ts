import { afterAll, beforeAll, expect, it } from 'vitest'
import { openReturnWorld, type ReturnWorld } from '../subgraphs/orders/returns/world.ts'

// What goes wrong when goods come back, under its public number where it has one: what its shop met is played against ours.

// biome-ignore lint/suspicious/noExplicitAny: answers are read by the shape each exhibit asserts
type Answer = any

let shop: ReturnWorld
beforeAll(async () => {
  shop = await openReturnWorld()
})
afterAll(() => shop[Symbol.asyncDispose]())

/** An order of one line that is on its way back, and in at a store. */
async function back(key: string, sku: string, units: number, code: 'S1' | 'S2' = 'S1') {
  const { id: orderId, lines } = await shop.sold(key, { [sku]: units })
  const lineId = lines[sku] ?? ''
  const { id: returnId, rma } = await shop.authorized(orderId, [{ lineId, quantity: units }], 'DC')
  const { return: kept } = await shop.change('recordReturnReceipt', {
    ...{ returnId, expectedVersion: 2, locationId: shop.locationId(code), lines: [{ lineId, quantity: units }] },
  })
  return { orderId, lineId, returnId, rma, receiptId: kept.lines[0].receipts[0].id }
}

const place = (returnId: string, receiptId: string, quantity: number, more: object = {}): Promise<Answer> =>
  shop.change('recordReturnDisposition', {
    ...{ returnId, expectedVersion: 3, lines: [{ receiptId, quantity, disposition: 'RESTOCKED' }], ...more },
  })

it('craft#1098, woocommerce#54499, #28856: two clerks take the one unit back at once, and a third the next day', async () => {
  const { id: orderId, lines } = await shop.sold('M-1', { A: 1 })
  const ask = () => shop.change('requestReturn', { orderId, lines: [{ lineId: lines.A, quantity: 1 }] })
  const answers: Answer[] = await Promise.all([ask(), ask()])
  expect(answers.map(({ __typename }) => __typename).toSorted()).toEqual(['ReturnQuantityExceeded', 'ReturnSuccess'])
  const { id: returnId } = answers.find(({ __typename }) => __typename === 'ReturnSuccess').return
  await shop.change('authorizeReturn', { returnId, expectedVersion: 1 })
  await shop.change('recordReturnReceipt', {
    ...{ returnId, expectedVersion: 2, locationId: shop.locationId('S1'), lines: [{ lineId: lines.A, quantity: 1 }] },
  })
  expect((await ask()).limits).toEqual([{ id: lines.A, requested: 1, allowed: 0 }])
  expect(await shop.return(returnId)).toMatchObject({ refundDue: { amount: '13.60' } })
})

it('stock-locations-for-woocommerce#63, medusa#3451: what comes back to a store is on that store’s shelf, not where it was sold from', async () => {
  await shop.stock('B', { DC: 9, S2: 1 })
  const { returnId, receiptId } = await back('M-2', 'B', 2, 'S2')
  await place(returnId, receiptId, 2)
  await shop.settle()
  expect(await shop.shelf('B', 'S2')).toMatchObject({ onHand: 3, sellable: 3 })
  expect(await shop.shelf('B', 'DC')).toMatchObject({ onHand: 9, sellable: 9 })
})

it('woocommerce#28854: nothing that came back is sold before somebody has looked at it, nor when it is broken', async () => {
  await shop.stock('C', { S1: 2 })
  const { returnId, receiptId } = await back('M-3', 'C', 2)
  await shop.settle()
  expect(await shop.shelf('C', 'S1')).toMatchObject({ onHand: 4, sellable: 2, returnHold: 2 })
  await place(returnId, receiptId, 2, { lines: [{ receiptId, quantity: 2, disposition: 'DAMAGED' }] })
  await shop.settle()
  expect(await shop.shelf('C', 'S1')).toMatchObject({ onHand: 4, sellable: 2, damaged: 2, returnHold: 0 })
})

it('woocommerce#27504, PrestaShop#35460: put back by the desk, again by a retry, and by the till: once on the shelf', async () => {
  await shop.stock('D', { S1: 5 })
  const { returnId, rma, receiptId } = await back('M-4', 'D', 1)
  const once = { idempotencyKey: 'm4' }
  const [first, again] = [await place(returnId, receiptId, 1, once), await place(returnId, receiptId, 1, once)]
  expect([first.replayed, again.replayed]).toEqual([false, true])
  expect((await place(returnId, receiptId, 1, { expectedVersion: 4 })).__typename).toBe('ReturnQuantityExceeded')
  const till = (kind: string) => ({
    ...{ variant: { namespace: 'sku', value: 'D' }, location: { namespace: 'location-code', value: 'S1' } },
    ...{ kind, quantity: 1, documentRef: rma, occurredAt: new Date().toISOString() },
  })
  await shop.deliver('movement', { in: till('RETURN_RECEIPT'), out: till('DISPOSITION') }, 'till')
  await shop.settle()
  expect(await shop.shelf('D', 'S1')).toMatchObject({ onHand: 6, sellable: 6, returnHold: 0 })
})
