import { describe, expect, it } from 'vitest'
import { listSchemaChanges } from '../../schema/breaking-changes.ts'

const before =
  'type Query { order(id: ID!): Order size: Int } type Order { id: ID! total: Int } enum State { OPEN DONE }'

describe('schema changes', () => {
  it('are none where only something was added', () => {
    const after =
      'type Query { order(id: ID!): Order size: Int } type Order { id: ID! total: Int note: String } enum State { OPEN DONE }'
    expect(listSchemaChanges(before, after)).toEqual([])
  })

  it('are breaking where a valid operation would be refused', () => {
    const after =
      'type Query { order(id: ID!, region: String!): Order size: Int } type Order { id: ID! } enum State { OPEN }'
    expect(listSchemaChanges(before, after)).toEqual([
      { severity: 'breaking', kind: 'REQUIRED_ARG_ADDED', description: expect.stringContaining('region') },
      { severity: 'breaking', kind: 'FIELD_REMOVED', description: 'Order.total was removed.' },
      { severity: 'breaking', kind: 'VALUE_REMOVED_FROM_ENUM', description: expect.stringContaining('DONE') },
    ])
  })

  it('are dangerous where a careless client may stumble', () => {
    const after =
      'type Query { order(id: ID!): Order size: Int } type Order { id: ID! total: Int } enum State { OPEN DONE HELD }'
    expect(listSchemaChanges(before, after)).toEqual([
      { severity: 'dangerous', kind: 'VALUE_ADDED_TO_ENUM', description: expect.stringContaining('HELD') },
    ])
  })
})
