import type { Example } from './landing-page.ts'

/** The three journeys of the README and a live one, on the `demo` estate. */
export const examples: readonly Example[] = [
  {
    title: 'Storefront: price and availability',
    query: `# A storefront lists variants: title, price and what may be promised in its channel, and how fresh that is.
query StorefrontAvailability($channel: ID!, $skus: [String!]!) {
  variantsBySku(skus: $skus) {
    sku
    title
    price(channelId: $channel) {
      amount {
        amount
        currency
      }
    }
    availability(channelId: $channel) {
      ats
      status
      provenance {
        asOf
        staleness
        ageMs
      }
    }
  }
}
`,
    variables: { channel: 'web', skus: ['DEMO-0001', 'DEMO-0002', 'DEMO-0003', 'DEMO-0004', 'DEMO-0005'] },
  },
  {
    title: 'Service desk: find a customer',
    viewer: 'agent',
    query: `# A service agent finds a customer by order number (or EMAIL, PHONE, LOYALTY_ID) and reads one history over all channels.
query ServiceDeskCustomer($kind: IdentifierKind!, $value: String!) {
  customerByIdentifier(kind: $kind, value: $value) {
    id
    displayName
    identifiers {
      kind
      value
    }
    orders(first: 10) {
      edges {
        node {
          number
          channelId
          placedAt
          publicStatus
          lines {
            sku
            title
            quantity
          }
          totals {
            total {
              amount
              currency
            }
          }
          paymentSummary {
            state
            captured {
              amount
            }
          }
          shipments {
            id
          }
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
`,
    variables: { kind: 'ORDER_NUMBER', value: 'O-1000001' },
  },
  {
    title: 'Partner: order status',
    viewer: 'partner',
    query: `# A marketplace looks up its orders by its own numbers; null where one is unknown.
query PartnerOrderStatus($channel: ID!, $numbers: [String!]!) {
  ordersByExternalNumber(channelId: $channel, externalNumbers: $numbers) {
    externalNumber
    number
    publicStatus
    provenance {
      asOf
      staleness
    }
  }
}
`,
    variables: { channel: 'amazon', numbers: ['AMZ-1000001', 'AMZ-1000002', 'AMZ-0000000'] },
  },
  {
    title: 'Live: orders change',
    viewer: 'agent',
    query: `# Every change of a public status as it happens, from whichever system told it. Run it and wait: the demo retailer trades.
# The cursor goes on where a client was: put it in $after.
subscription OrdersLive($channels: [ID!], $after: EventCursor) {
  orderStatusChanged(channelIds: $channels, after: $after) {
    ... on OrderStatusEvent {
      cursor
      occurredAt
      from
      to
      order {
        number
        channelId
        totals {
          total {
            amount
            currency
          }
        }
      }
    }
    ... on StreamGap {
      reason
      resyncWith
    }
  }
}
`,
    variables: { channels: ['web', 'app', 'amazon'] },
  },
]

/** Fits any supergraph. */
export const bareExamples: readonly Example[] = [
  {
    title: 'What can be asked',
    query: `query Overview {
  __schema {
    queryType {
      fields {
        name
        description
      }
    }
  }
}
`,
    variables: {},
  },
]
