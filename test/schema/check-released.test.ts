import { describe, expect, it } from 'vitest'
import { listSchemaChanges } from '../../schema/breaking-changes.ts'
import { type ClientUse, checkReleased, coordinateOf } from '../../schema/check-released.ts'

const before = /* GraphQL */ `
  type Query { orders(first: Int, filter: Filter): [Order] order: Order }
  type Order { id: ID! state: State note: String }
  enum State { OPEN CLOSED }
  input Filter { state: State }
  union Any = Order | Extra
  type Extra { id: ID }
`
const after = /* GraphQL */ `
  type Query { orders(filter: Filter, channel: ID!): [Order] order: Order }
  type Order { id: ID! state: State! note: Int }
  enum State { OPEN }
  input Filter { state: State, since: Int! }
  union Any = Order
`
const use = (
  clientId: string,
  coordinate: string,
  lastSeenAt = '2026-11-01T00:00:00Z',
  version = '2026-10',
): ClientUse => ({
  clientId,
  version,
  coordinate,
  lastSeenAt,
})
const versions = [{ version: '2026-10', released: before, working: after }]

describe('check of released versions', () => {
  it('names every breaking change by its coordinate', () => {
    expect(
      checkReleased(versions, [], [])
        .map(({ coordinate }) => coordinate)
        .sort(),
    ).toEqual(['Extra', 'Extra', 'Filter', 'Order.note', 'Query.orders', 'Query.orders(first:)', 'State.CLOSED'])
  })

  it('finds nothing where every promise is kept', () => {
    expect(checkReleased([{ version: '2026-10', released: before, working: before }], [], [])).toEqual([])
  })

  it('names the clients of that version which a change would break, by their last use', () => {
    const changes = checkReleased(
      versions,
      [],
      [
        use('acme', 'Order.note', '2026-10-01T00:00:00Z'),
        use('acme', 'Order.note', '2026-11-01T00:00:00Z'),
        use('beta', 'Order.note', '2026-11-20T00:00:00Z'),
        use('gone', 'Order.note', '2026-11-20T00:00:00Z', '2026-07'),
        use('other', 'Order.id'),
        use('sender', 'Filter'),
        use('enums', 'State'),
      ],
    )
    const clients = (coordinate: string) =>
      changes
        .find((change) => change.coordinate === coordinate)
        ?.clients.map(({ clientId, lastSeenAt }) => [clientId, lastSeenAt.slice(0, 10)])
    expect(clients('Order.note')).toEqual([
      ['beta', '2026-11-20'],
      ['acme', '2026-11-01'],
    ])
    expect(clients('Filter')).toEqual([['sender', '2026-11-01']])
    expect(clients('State.CLOSED')).toEqual([['enums', '2026-11-01']])
    expect(clients('Query.orders')).toEqual([])
  })

  it('lets a reviewed change pass, in its version and word for word', () => {
    const change = 'Order.note changed type from String to Int.'
    const verdict = (version: string, text: string) =>
      checkReleased(versions, [{ version, change: text, reason: 'never filled' }], []).find(
        ({ coordinate }) => coordinate === 'Order.note',
      )?.reviewed
    expect(verdict('2026-10', change)).toBe('never filled')
    expect(verdict('2026-07', change)).toBeNull()
    expect(verdict('2026-10', 'Order.note changed type.')).toBeNull()
  })

  it('reads the coordinate of a change that makes something optional or takes an interface away', () => {
    const changes = listSchemaChanges(
      'interface Node { id: ID! } type Query implements Node { id: ID! }',
      'interface Node { id: ID! } type Query { id: ID }',
    ).filter(({ severity }) => severity === 'breaking')
    expect(changes.map(coordinateOf)).toEqual(['Query.id', 'Query'])
  })
})
