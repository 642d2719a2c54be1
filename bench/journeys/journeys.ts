export type Journey = {
  readonly name: string
  /** null: a storefront without a token. */
  readonly as: 'agent' | 'partner' | null
  readonly query: string
  /** Asked in turn. */
  readonly variables: readonly Readonly<Record<string, unknown>>[]
  /** What each answer must hold to count as one. */
  readonly holds: readonly string[]
}

const storefront = /* GraphQL */ `
  query Storefront($channelId: ID!, $skus: [String!]!) {
    variantsBySku(skus: $skus) {
      sku
      title
      price(channelId: $channelId) { amount { amount currency } }
      availability(channelId: $channelId) { ats status asOf provenance { ageMs staleness } }
    }
  }
`

const history = /* GraphQL */ `
  query History($kind: IdentifierKind!, $value: String!, $first: Int!, $after: String) {
    customerByIdentifier(kind: $kind, value: $value) {
      orders(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor }
        edges {
          node {
            number
            channelId
            placedAt
            state
            publicStatus
            totals { total { amount currency } }
            lines { sku quantity variant { title } stateCounts { state quantity } }
            shipments { carrier state }
            payments { state captured { amount } }
            refunds { state amount { amount } }
            timeline(first: 50) { edges { node { at kind system } } }
          }
        }
      }
    }
  }
`

const status = /* GraphQL */ `
  query Status($channelId: ID!, $numbers: [String!]!) {
    ordersByExternalNumber(channelId: $channelId, externalNumbers: $numbers) {
      externalNumber
      publicStatus
      shipments { carrier trackingNumber state }
    }
  }
`

const pageSize = 20
const sku = (index: number) => `DEMO-${String(index + 1).padStart(4, '0')}`
/** The first thousand variants, page by page, so that not all clients ask for the same at once. */
const pages = Array.from({ length: 50 }, (_, page) =>
  Array.from({ length: pageSize }, (_, index) => sku(page * pageSize + index)),
)

/** As test/journeys asks them. */
export const journeys: readonly Journey[] = [
  {
    name: 'storefront: 20 variants',
    as: null,
    query: storefront,
    variables: pages.map((skus) => ({ channelId: 'web', skus })),
    holds: ['"title":', '"staleness":"FRESH"'],
  },
  {
    name: 'service desk: one history',
    as: 'agent',
    query: history,
    variables: [{ kind: 'EMAIL', value: 'ada.lind@example.com', first: 10 }],
    holds: ['O-1000001', 'O-1000004', '"timeline":'],
  },
  {
    name: 'partner: 4 numbers',
    as: 'partner',
    query: status,
    variables: [{ channelId: 'amazon', numbers: ['AMZ-1000003', 'AMZ-9999999', 'AMZ-1000001', 'AMZ-1000002'] }],
    holds: ['CANCELLED', 'DELIVERED', 'ON_ITS_WAY'],
  },
]
