import { type DirectiveNode, Kind, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { plainViewerCodec, viewerHeader } from '../../platform/identity/viewer-header.ts'
import { hostSubgraph } from '../../platform/subgraph/host.ts'
import { guardSchema } from '../../policies/guard-schema.ts'
import { type Guards, guards } from '../../policies/guards.ts'
import { policies } from '../../policies/index.ts'
import { readSubgraphSdls } from '../../schema/load.ts'
import { anonymous, shopper, staff } from '../support/viewers.ts'

const policyOf = (directives: readonly DirectiveNode[] | undefined): string | null => {
  const value = directives?.find((directive) => directive.name.value === 'policy')?.arguments?.[0]?.value
  const [first] = value?.kind === Kind.LIST ? value.values : []
  const [name] = first?.kind === Kind.LIST ? first.values : []
  return name?.kind === Kind.STRING ? name.value : null
}

describe('guards of the subgraphs', () => {
  const sdls = readSubgraphSdls()
  const allTypes = new Map<string, string>()
  for (const { typeDefs } of sdls) {
    for (const node of parse(typeDefs).definitions) {
      if (node.kind !== Kind.OBJECT_TYPE_DEFINITION) continue
      const policy = policyOf(node.directives)
      if (policy !== null) allTypes.set(node.name.value, policy)
    }
  }

  /** What the SDL of a subgraph says must be guarded: fields with a policy, ways to a type with one, and its entities. */
  function demanded(typeDefs: string): Guards {
    const fields: Record<string, string> = {}
    const entities: Record<string, string> = {}
    for (const node of parse(typeDefs).definitions) {
      if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.OBJECT_TYPE_EXTENSION) continue
      if (node.name.value === 'Subscription') continue
      const ofType = allTypes.get(node.name.value)
      if (ofType !== undefined && node.directives?.some(({ name }) => name.value === 'key')) {
        entities[node.name.value] = ofType
      }
      for (const field of node.fields ?? []) {
        // What the gateway answers by itself from the event log reaches no subgraph.
        if (field.directives?.some(({ name }) => name.value === 'eventPage')) continue
        let type = field.type
        while (type.kind !== Kind.NAMED_TYPE) type = type.type
        const needed = policyOf(field.directives) ?? allTypes.get(type.name.value)
        // Within a type that has the policy already, whoever reads the field has been let in.
        if (needed !== undefined && needed !== ofType) fields[`${node.name.value}.${field.name.value}`] = needed
      }
    }
    return { fields, entities }
  }

  it('of orders are what its SDL demands', () => {
    const { fields, entities } = demanded(sdls.find(({ name }) => name === 'orders')?.typeDefs ?? '')
    expect(fields).toMatchObject(guards.orders?.fields ?? {})
    expect(Object.keys(fields).filter((key) => !(key in (guards.orders?.fields ?? {})))).toEqual([
      'FulfillmentOrderEvent.fulfillmentOrder',
      'ReturnEvent.return',
      'OrderEditEvent.order',
      'OrderEditEvent.edit',
      'OrderEditRequestEvent.order',
      'OrderEditRequestEvent.editRequest',
      'NotificationEvent.order',
      'NotificationEvent.fulfillmentOrder',
      'NotificationEvent.return',
      'OrderStatusEvent.order',
      'OrderStatusSnapshot.order',
      'ShipmentLine.line',
      'OrderEdge.node',
      'OrderEditRequest.order',
      'EditOrderSuccess.editRequest',
      'EditOrderRefused.editRequest',
      'OrderEditUnderWay.editRequest',
      'WithdrawOrderEditSuccess.editRequest',
      'OrderEditNotPending.editRequest',
      'FulfillmentOrder.order',
      'Reroute.from',
      'Reroute.to',
      'ReturnLine.line',
      'ReturnSuccess.return',
    ])
    expect(guards.orders?.entities).toEqual(entities)
  })
  it('of finance are what its SDL demands', () => {
    const { fields, entities } = demanded(sdls.find(({ name }) => name === 'finance')?.typeDefs ?? '')
    expect({ ...fields }).toMatchObject(guards.finance?.fields ?? {})
    expect(Object.keys(fields).filter((key) => !(key in (guards.finance?.fields ?? {})))).toEqual([
      'PostingChangeEvent.posting',
      'PostingEvent.order',
      'PostingEvent.journalEntry',
      'PostingSnapshot.order',
      'Payment.order',
      'Refund.order',
      'Invoice.order',
      'JournalEntry.order',
      'Posting.order',
      'Posting.return',
    ])
    expect(guards.finance?.entities).toEqual(entities)
  })
  it('of customers are what its SDL demands', () => {
    const { fields, entities } = demanded(sdls.find(({ name }) => name === 'customers')?.typeDefs ?? '')
    expect(Object.keys(fields).filter((key) => !(key in (guards.customers?.fields ?? {})))).toEqual([
      'UnmaskedCustomer.customer',
    ])
    expect(fields).toMatchObject(guards.customers?.fields ?? {})
    expect(guards.customers?.entities).toEqual(entities)
  })
  it('of inventory are what its SDL demands', () => {
    const { fields, entities } = demanded(sdls.find(({ name }) => name === 'inventory')?.typeDefs ?? '')
    expect(fields).toMatchObject(guards.inventory?.fields ?? {})
    // Reached through what is guarded, or resolved as an entity, which is.
    expect(Object.keys(fields).filter((key) => !(key in (guards.inventory?.fields ?? {})))).toEqual([
      'StockEvent.position',
      'StockSnapshot.position',
      'ShortfallEvent.position',
      'ReplenishmentEvent.position',
      'InventoryPositionEdge.node',
      'SupplyRecordEdge.node',
      'StockMovementEdge.node',
      'ShortfallEdge.node',
      'TransferSuccess.transfer',
      'TransferEdge.node',
      'ReserveStockSuccess.reservations',
      'ReservationSuccess.reservations',
    ])
    expect(guards.inventory?.entities).toEqual(entities)
  })
  it('of webhooks are what its SDL demands', () => {
    const { fields, entities } = demanded(sdls.find(({ name }) => name === 'webhooks')?.typeDefs ?? '')
    expect({ fields, entities }).toEqual(guards.webhooks)
  })
  it('name policies that are listed', () => {
    const listed = policies.map(({ name }) => name)
    const named = Object.values(guards).flatMap(({ fields, entities }) => [
      ...Object.values(fields),
      ...Object.values(entities),
    ])
    expect(named.filter((name) => !listed.includes(name))).toEqual([])
    expect([...new Set(allTypes.values())].filter((name) => !listed.includes(name))).toEqual([])
  })
})

describe('a guarded schema', () => {
  const calls: string[] = []
  const shop = {
    name: 'shop',
    typeDefs: /* GraphQL */ `
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
      type Query { open: String  closed: String  broken: String }
      type Till @key(fields: "id") { id: ID!  takings: Int }
    `,
    resolvers: {
      Query: {
        open: () => 'open',
        closed: () => {
          calls.push('closed')
          return 'closed'
        },
        broken: () => {
          throw new TypeError('inside')
        },
      },
      Till: { __resolveReference: ({ id }: { id: string }) => ({ id, takings: 7 }) },
    },
    createContext: (call: object) => ({ ...call }),
  }
  const internal: unknown[] = []
  const host = hostSubgraph(shop, {
    viewerCodec: plainViewerCodec,
    onInternal: (error) => internal.push(error),
    transformSchema: (schema) =>
      guardSchema(
        schema,
        {
          fields: { 'Query.closed': 'read-payments', 'Query.broken': 'read-payments' },
          entities: { Till: 'read-shipment-cost' },
        },
        policies,
      ),
  })
  const ask = (viewer: Viewer, query: string) =>
    host.handle({
      query,
      headers: { [viewerHeader]: plainViewerCodec.encode(viewer) },
      signal: AbortSignal.timeout(5_000),
    })

  it('answers who may, refuses who may not, and asks no resolver for them', async () => {
    expect((await ask(shopper(), '{ open closed }')).data).toEqual({ open: 'open', closed: 'closed' })
    calls.length = 0
    const refused = await ask(anonymous, '{ open closed again: closed }')
    expect(refused.data).toEqual({ open: 'open', closed: null, again: null })
    expect(refused.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }, { extensions: { code: 'FORBIDDEN' } }])
    expect(calls).toEqual([])
  })
  it('guards references to entities', async () => {
    const tills = '{ _entities(representations: [{ __typename: "Till", id: "1" }]) { ... on Till { takings } } }'
    expect((await ask(staff(['finance']), tills)).data).toEqual({ _entities: [{ takings: 7 }] })
    expect(await ask(staff(['analyst']), tills)).toMatchObject({
      data: null,
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    })
  })
  it('lets faults of resolvers be what they are', async () => {
    const { errors } = await ask(shopper(), '{ broken }')
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL' } }])
    expect(internal).toMatchObject([{ message: 'inside' }])
  })
  it('cannot be made of what is not there', () => {
    const make = (own: Guards) => () =>
      hostSubgraph(shop, {
        viewerCodec: plainViewerCodec,
        onInternal() {},
        transformSchema: (schema) => guardSchema(schema, own, policies),
      })
    expect(make({ fields: { 'Query.none': 'read-orders' }, entities: {} })).toThrow()
    expect(make({ fields: { 'Query.open': 'none' }, entities: {} })).toThrow('no policy none')
  })
})
