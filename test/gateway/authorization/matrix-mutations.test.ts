import { readFileSync } from 'node:fs'
import { Kind, parse } from 'graphql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assetPath } from '../../../platform/assets.ts'
import { codesOf, type SignedIn, startSignedIn, type Who } from '../../support/signed-in.ts'

const everyone = [
  'anonymous',
  'shopper',
  'agent',
  'associate',
  'partner',
  'finance',
  'analyst',
  'admin',
  'service',
] as const satisfies readonly Who[]
const carts = ['anonymous', 'shopper', 'agent', 'service'] as const
const webhookOwners = ['partner', 'service'] as const
const signedIn = everyone.filter((who) => who !== 'anonymous')

const key = (name: string) => `idempotencyKey: "matrix-${name}"`
const foreign = 'owner: { kind: CART, id: "nobody" }, items: [{ reservationId: "res_none" }]'
const transferStep = 'transferId: "trf_none", expectedVersion: 1, reason: "m"'
const change = (name: string, input: string) =>
  `mutation { ${name}(input: { ${key(name)} ${input} }) { __typename ... on DomainError { code } } }`
const returnStep = 'returnId: "ret_none", expectedVersion: 1'
const webhook = (field: string, selection = '{ id }') => `mutation { ${field} ${selection} }`

/** Every mutation of the graph: asked about what is not there, so that only who may is told so. */
const mutations: Readonly<Record<string, { readonly who: readonly Who[]; readonly query: string }>> = {
  reserveStock: {
    who: carts,
    query: change(
      'reserveStock',
      'channelId: "web", owner: { kind: CART, id: "m" }, lines: [{ lineId: "1", sku: "NO-SUCH", quantity: 1 }]',
    ),
  },
  extendReservation: {
    who: carts,
    query: change(
      'extendReservation',
      'owner: { kind: CART, id: "nobody" }, reservationIds: ["res_none"], ttlSeconds: 60',
    ),
  },
  confirmReservation: { who: carts, query: change('confirmReservation', `orderId: "o", ${foreign}`) },
  releaseReservation: { who: carts, query: change('releaseReservation', foreign) },
  moveReservation: {
    who: ['agent', 'service'],
    query: change('moveReservation', 'reservationId: "res_none", locationId: "loc_none"'),
  },
  acknowledgeReroute: {
    who: ['agent', 'associate', 'service'],
    query: change('acknowledgeReroute', 'rerouteId: "rrt_none", note: "m"'),
  },
  rerouteFulfillmentOrder: {
    who: ['agent', 'associate', 'service'],
    query: change('rerouteFulfillmentOrder', 'fulfillmentOrderId: "ful_none", expectedVersion: 1, reason: "m"'),
  },
  requestReturn: {
    who: ['shopper', 'agent', 'associate', 'service'],
    query: change('requestReturn', 'orderId: "ord_none", lines: [{ lineId: "1", quantity: 1 }]'),
  },
  cancelReturn: {
    who: ['shopper', 'agent', 'associate', 'service'],
    query: change('cancelReturn', returnStep),
  },
  authorizeReturn: { who: ['agent', 'associate', 'service'], query: change('authorizeReturn', returnStep) },
  declineReturn: { who: ['agent', 'associate', 'service'], query: change('declineReturn', returnStep) },
  recordReturnReceipt: {
    who: ['agent', 'associate', 'service'],
    query: change(
      'recordReturnReceipt',
      `${returnStep}, locationId: "loc_none", lines: [{ lineId: "1", quantity: 1 }]`,
    ),
  },
  recordReturnDisposition: {
    who: ['agent', 'associate', 'service'],
    query: change(
      'recordReturnDisposition',
      `${returnStep}, lines: [{ receiptId: "rcp_none", quantity: 1, disposition: RESTOCKED }]`,
    ),
  },
  editOrder: {
    who: ['agent', 'service'],
    query: change(
      'editOrder',
      'orderId: "ord_none", expectedVersion: 1, reason: "m", changes: [{ removeLine: { lineId: "oln_none" } }]',
    ),
  },
  withdrawOrderEdit: {
    who: ['agent', 'service'],
    query: change('withdrawOrderEdit', 'editRequestId: "oed_none", reason: "m"'),
  },
  allocateReservation: { who: ['service'], query: change('allocateReservation', foreign) },
  consumeReservation: { who: ['service'], query: change('consumeReservation', foreign) },
  setCount: {
    who: ['associate', 'admin', 'service'],
    query: change(
      'setCount',
      'locationId: "loc_none", sku: "NO-SUCH", counted: 1, changeFromQuantity: 1, asOf: "2026-01-01T00:00:00Z"',
    ),
  },
  recordMovements: {
    who: ['associate', 'admin', 'service'],
    query: change(
      'recordMovements',
      `movements: [{ lineId: "1", locationId: "loc_none", sku: "NO-SUCH", kind: RECEIPT, quantity: 1,
        occurredAt: "2026-01-01T00:00:00Z" }]`,
    ),
  },
  startTransfer: {
    who: ['associate', 'admin', 'service'],
    query: change(
      'startTransfer',
      'fromLocationId: "loc_none", toLocationId: "loc_none", lines: [{ lineId: "1", sku: "NO-SUCH", quantity: 1 }]',
    ),
  },
  draftTransfer: {
    who: ['associate', 'admin', 'service'],
    query: change(
      'draftTransfer',
      'fromLocationId: "loc_none", toLocationId: "loc_none", lines: [{ lineId: "1", sku: "NO-SUCH", quantity: 1 }], reason: "m"',
    ),
  },
  requestTransfer: { who: ['associate', 'admin', 'service'], query: change('requestTransfer', transferStep) },
  approveTransfer: { who: ['admin'], query: change('approveTransfer', transferStep) },
  cancelTransfer: { who: ['associate', 'admin', 'service'], query: change('cancelTransfer', transferStep) },
  dispatchTransfer: { who: ['associate', 'admin', 'service'], query: change('dispatchTransfer', transferStep) },
  receiveTransfer: {
    who: ['associate', 'admin', 'service'],
    query: change('receiveTransfer', 'transferId: "trf_none", lines: [{ lineId: "1", received: 1 }]'),
  },
  upsertSafetyRule: {
    who: ['admin'],
    query: change('upsertSafetyRule', 'scope: { channelId: "no-such" }, units: 1, reason: "m"'),
  },
  upsertChannelAllocation: {
    who: ['admin'],
    query: change('upsertChannelAllocation', 'channelId: "no-such", mode: SHARED, reason: "m"'),
  },
  upsertExclusion: {
    who: ['admin'],
    query: change('upsertExclusion', 'scope: { channelId: "no-such" }, reason: "m"'),
  },
  upsertSubstitution: {
    who: ['admin'],
    query: change('upsertSubstitution', 'sku: "NO-SUCH", substitutes: [{ sku: "NO-SUCH" }], reason: "m"'),
  },
  removeStockRule: {
    who: ['admin'],
    query: change('removeStockRule', 'id: "no-such", expectedVersion: 1, reason: "m"'),
  },
  unmaskCustomer: {
    who: ['agent'],
    query: 'mutation { unmaskCustomer(id: "cus_none", reason: "Asking for the matrix") { __typename } }',
  },
  registerWebhook: {
    who: webhookOwners,
    query: webhook(
      'registerWebhook(input: { url: "http://not.https.example/", operation: "subscription { x }" })',
      '{ secret }',
    ),
  },
  rotateWebhookSecret: { who: webhookOwners, query: webhook('rotateWebhookSecret(id: "wh_none")', '{ secret }') },
  pingWebhook: { who: webhookOwners, query: webhook('pingWebhook(id: "wh_none")') },
  pauseWebhook: { who: webhookOwners, query: webhook('pauseWebhook(id: "wh_none")') },
  resumeWebhook: { who: webhookOwners, query: webhook('resumeWebhook(id: "wh_none")') },
  deleteWebhook: { who: webhookOwners, query: webhook('deleteWebhook(id: "wh_none")', '') },
  replayWebhook: { who: webhookOwners, query: webhook('replayWebhook(id: "wh_none")', '{ count }') },
  saveDurableSubscription: {
    who: signedIn,
    query: webhook('saveDurableSubscription(input: { name: "m", operation: "{ __typename }" })', '{ name }'),
  },
  acknowledgeEvents: { who: signedIn, query: webhook('acknowledgeEvents(name: "none", cursor: "none")', '{ name }') },
  deleteDurableSubscription: { who: signedIn, query: webhook('deleteDurableSubscription(name: "none")', '') },
}

describe('who may change what', () => {
  let app: SignedIn
  beforeAll(async () => {
    app = await startSignedIn()
  }, 180_000)
  afterAll(() => app[Symbol.asyncDispose]())

  it('is said here of every mutation there is', () => {
    const supergraph = parse(readFileSync(assetPath('schema/supergraph.graphql'), 'utf8'))
    const there = supergraph.definitions.flatMap((node) =>
      node.kind === Kind.OBJECT_TYPE_DEFINITION && node.name.value === 'Mutation'
        ? (node.fields ?? []).map(({ name }) => name.value)
        : [],
    )
    expect(Object.keys(mutations).sort()).toEqual(there.sort())
  })

  it.each(Object.entries(mutations))('%s', async (_name, { who, query }) => {
    const answers = await Promise.all(everyone.map(async (one) => [one, await app.ask(one, query)] as const))
    const refused = answers.filter(([, answer]) => codesOf(answer) === 'FORBIDDEN').map(([one]) => one)
    expect(refused).toEqual(everyone.filter((one) => !who.includes(one)))
    // Who may is told what the mutation itself has to say, and nothing failed on the way.
    for (const [, answer] of answers) expect(codesOf(answer)).not.toMatch(/VALIDATION|PARSE|INTERNAL|UPSTREAM/)
  })

  it('reservations: a cart’s own through its client alone, any for the service desk and services', async () => {
    const reserve = `mutation($key: ID!, $owner: ID!) { reserveStock(input: { idempotencyKey: $key, channelId: "web",
      owner: { kind: CART, id: $owner }, lines: [{ lineId: "1", sku: "DEMO-0001", quantity: 1 }] }) {
      ... on ReserveStockSuccess { reservations { id } } } }`
    const { data } = await app.ask('shopper', reserve, { key: 'cart-1', owner: 'cart-1' })
    const { id } = data.reserveStock.reservations[0]
    const read = 'query($id: ID!) { reservation(id: $id) { held } }'
    const seen = await Promise.all(
      everyone.map(async (who) => {
        const answer = await app.ask(who, read, { id })
        return [who, codesOf(answer) || (answer.data.reservation === null ? 'null' : answer.data.reservation.held)]
      }),
    )
    expect(Object.fromEntries(seen)).toEqual({
      anonymous: 'null',
      shopper: 1,
      agent: 1,
      associate: 'FORBIDDEN',
      partner: 'FORBIDDEN',
      finance: 'FORBIDDEN',
      analyst: 'FORBIDDEN',
      admin: 'FORBIDDEN',
      service: 1,
    })
  })

  it('returns: a shopper’s own and what serves them; what is posted for them is for finance and its systems alone', async () => {
    const found = await app.ask('shopper', '{ order(number: "O-1000001") { id lines { id } } }')
    const { id: orderId, lines } = found.data.order
    const request = `mutation($input: RequestReturnInput!) { requestReturn(input: $input) {
      __typename ... on ReturnSuccess { return { id initiatedVia } } } }`
    const input = { idempotencyKey: 'matrix-return', orderId, lines: [{ lineId: lines[0].id, quantity: 1 }] }
    expect((await app.ask('stranger', request, { input })).data.requestReturn.__typename).toBe('ReturnNotFound')
    const { data } = await app.ask('shopper', request, { input })
    const { id, initiatedVia } = data.requestReturn.return
    expect(initiatedVia).toBe('ONLINE')
    const read = 'query($id: ID!) { return(id: $id) { state } }'
    const books = 'query($id: ID!) { return(id: $id) { postingStage postings { id } } openPostings { id } }'
    const seen = await Promise.all(
      [...everyone, 'stranger' as const].map(async (who) => {
        const [answer, posted] = [await app.ask(who, read, { id }), await app.ask(who, books, { id })]
        return [who, codesOf(answer) || String(answer.data.return?.state), codesOf(posted)]
      }),
    )
    expect(seen).toEqual([
      ['anonymous', 'FORBIDDEN', 'FORBIDDEN'],
      ['shopper', 'REQUESTED', 'FORBIDDEN'],
      ['agent', 'REQUESTED', 'FORBIDDEN'],
      ['associate', 'REQUESTED', 'FORBIDDEN'],
      ['partner', 'undefined', 'FORBIDDEN'],
      ['finance', 'REQUESTED', ''],
      ['analyst', 'REQUESTED', 'FORBIDDEN'],
      ['admin', 'FORBIDDEN', 'FORBIDDEN'],
      ['service', 'REQUESTED', ''],
      ['stranger', 'undefined', 'FORBIDDEN'],
    ])
  })
})
