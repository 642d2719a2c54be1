import type { TestAnswer } from './start-app.ts'

/** What the matrix of policies is asked, one question per part of the graph. */

export const stock = /* GraphQL */ `
  { variantsBySku(skus: ["DEMO-0001"]) { availability(channelId: "web") { status ats } positions(first: 50) { edges { node { sellable location { id } } } } } }
`
export const order = 'query($number: String!) { order(number: $number) { number shipTo { line1 city } } }'
export const list = '{ orders(first: 100) { edges { node { channelId customer { id } } } } }'
export const timeline =
  'query($number: String!) { order(number: $number) { number timeline(first: 1) { edges { node { kind } } } shipments { cost { amount } } } }'
export const product =
  '{ variantsBySku(skus: ["DEMO-0001"]) { title price(channelId: "web") { amount { currency } } } }'
export const customer =
  'query($id: ID!) { customer(id: $id) { id displayName identifiers { kind value } addresses { line1 city } } }'
export const finding = '{ customerByIdentifier(kind: EMAIL, value: "ada.lind@example.com") { id } }'
export const money =
  'query($number: String!) { order(number: $number) { number payments { state } refunds { state } invoices { number } paymentSummary { state } } }'

export const journal = 'query($number: String!) { order(number: $number) { number journalEntries { status } } }'

export const adas = { number: 'O-1000001' }
export const amazons = { number: 'O-1000005' }

/** Where the positions of an answer to `stock` lie; null when they are denied. */
export function positionsOf(answer: TestAnswer): string[] | null {
  const { positions } = answer.data.variantsBySku[0]
  return positions?.edges.map((edge: { node: { location: { id: string } } }) => edge.node.location.id) ?? null
}
