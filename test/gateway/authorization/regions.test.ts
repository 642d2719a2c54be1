import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ask, signIn } from '../../support/sign-in.ts'
import { codesOf } from '../../support/signed-in.ts'
import { startTestApp, type TestApp } from '../../support/start-app.ts'

type Edges = { readonly edges: readonly { readonly node: { readonly channelId: string } }[] }
type Viewers = Readonly<Record<'everywhere' | 'german' | 'french' | 'nowhere' | 'frenchFinance', Ask>>

const list = 'query($after: String) { orders(first: 100, after: $after) { edges { node { channelId } } } }'
const history =
  'query($id: ID!, $after: String) { customer(id: $id) { orders(first: 100, after: $after) { edges { cursor node { channelId } } } } }'

/** In the demo the marketplace sells in France; the web shop, the app and every store of the small one are German. */
describe('who is bound to a region', () => {
  let app: TestApp
  let ask: Viewers
  beforeAll(async () => {
    app = await startTestApp()
    ask = {
      everywhere: await signIn(app, 'agent'),
      german: await signIn(app, 'agent', { regions: 'DE' }),
      french: await signIn(app, 'agent', { regions: 'FR' }),
      nowhere: await signIn(app, 'agent', { regions: 'IT' }),
      frenchFinance: await signIn(app, 'finance', { regions: 'FR,IT' }),
    }
  }, 180_000)
  afterAll(() => app[Symbol.asyncDispose]())

  const channelsOf = ({ edges }: Edges) => [...new Set(edges.map(({ node }) => node.channelId))].sort()

  it('sees its orders in the list and nobody else’s, and all when bound to none', async () => {
    const seen = async (who: Ask) => channelsOf((await who(list)).data.orders)
    expect(await seen(ask.everywhere)).toEqual(['amazon', 'app', 'store', 'web'])
    expect(await seen(ask.german)).toEqual(['app', 'store', 'web'])
    expect(await seen(ask.french)).toEqual(['amazon'])
    expect(await seen(ask.frenchFinance)).toEqual(['amazon'])
    expect(await seen(ask.nowhere)).toEqual([])
  })

  it('sees that part of a customer’s history', async () => {
    const found = '{ customerByIdentifier(kind: EMAIL, value: "ada.lind@example.com") { id } }'
    const { id } = (await ask.everywhere(found)).data.customerByIdentifier
    const { orders } = (await ask.everywhere(history, { id })).data.customer
    expect(channelsOf((await ask.german(history, { id })).data.customer.orders)).toEqual(channelsOf(orders))
    expect((await ask.french(history, { id })).data.customer.orders.edges).toEqual([])
    const after = orders.edges[0].cursor
    expect(codesOf(await ask.german(history, { id, after }))).toBe('CURSOR_INVALID')
  })

  it('finds an order of another region by no key, nor its money', async () => {
    const known = `{ order(number: "O-1000001") { id channelId externalNumber payments { id } invoices { id number } } }`
    const { order } = (await ask.everywhere(known)).data
    const keys = {
      id: order.id,
      channel: order.channelId,
      external: order.externalNumber,
      payment: order.payments[0].id,
      invoice: order.invoices[0].id,
      invoiceNumber: order.invoices[0].number,
    }
    const query = `query($id: ID!, $channel: ID!, $external: String!, $payment: ID!, $invoice: ID!, $invoiceNumber: String!) {
      byId: order(id: $id) { id } byNumber: order(number: "O-1000001") { id }
      byExternal: order(channelId: $channel, externalNumber: $external) { id }
      several: ordersByExternalNumber(channelId: $channel, externalNumbers: [$external]) { id }
      payment(id: $payment) { id order { id } } invoice(id: $invoice) { id } byInvoiceNumber: invoice(number: $invoiceNumber) { id } }`
    const nothing = {
      byId: null,
      byNumber: null,
      byExternal: null,
      several: [null],
      payment: null,
      invoice: null,
      byInvoiceNumber: null,
    }
    expect((await ask.french(query, keys)).data).toEqual(nothing)
    expect((await ask.frenchFinance(query, keys)).data).toEqual(nothing)
    const own = await ask.german(query, keys)
    expect(own.errors).toBeUndefined()
    expect(own.data).toMatchObject({
      byId: { id: order.id },
      several: [{ id: order.id }],
      payment: { order: { id: order.id } },
      byInvoiceNumber: { id: keys.invoice },
    })
  })

  it('is led nowhere by a cursor of another region', async () => {
    const page = '{ orders(first: 1) { pageInfo { endCursor } } }'
    const after = (await ask.german(page)).data.orders.pageInfo.endCursor
    expect(codesOf(await ask.german(list, { after }))).toBe('')
    expect(codesOf(await ask.french(list, { after }))).toBe('CURSOR_INVALID')
    expect(codesOf(await ask.everywhere(list, { after }))).toBe('CURSOR_INVALID')
  })
})
