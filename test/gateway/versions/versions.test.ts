import { buildSchema, isObjectType, parse, printSchema, validate } from 'graphql'
import { describe, expect, it } from 'vitest'
import { deriveVersionSchema } from '../../../gateway/versions/api-schema.ts'
import { createVersionCalendar } from '../../../gateway/versions/calendar.ts'
import { readLifecycles } from '../../../gateway/versions/lifecycle.ts'

const definition =
  'directive @lifecycle(added: String, deprecated: String, removed: String, replacement: String) on FIELD_DEFINITION | OBJECT | ARGUMENT_DEFINITION | ENUM_VALUE | INPUT_FIELD_DEFINITION'
const types = /* GraphQL */ `
  type Query {
    order(id: ID!, number: String @lifecycle(added: "2026-10")): Order
    stock: Int @lifecycle(deprecated: "2026-10", removed: "2027-10", replacement: "availability")
    availability: Availability @lifecycle(added: "2026-10")
    legacy: Legacy @lifecycle(removed: "2026-10")
    draft: Int @lifecycle(added: "unstable")
  }
  type Order { id: ID! state: State! }
  type Availability @lifecycle(added: "2026-10") { ats: Int! }
  type Legacy { detail: LegacyDetail }
  type LegacyDetail { id: ID! }
  enum State { OPEN PACKED @lifecycle(added: "2026-10") }
`
const api = buildSchema(types.replaceAll(/@lifecycle\([^)]*\)/g, ''))
const lifecycles = readLifecycles(parse(`${definition} ${types}`))
const schemaOf = (version: string) => deriveVersionSchema(api, lifecycles, version)

describe('schema of a version', () => {
  it('has what was added by then and not what comes later', () => {
    const old = printSchema(schemaOf('2026-07'))
    expect(old).not.toContain('availability')
    expect(old).not.toContain('Availability')
    expect(old).not.toContain('number: String')
    expect(old).not.toContain('PACKED')
    expect(old).not.toContain('draft')
    expect(old).toContain('legacy: Legacy')
    const newer = printSchema(schemaOf('2026-10'))
    expect(newer).toContain('availability: Availability')
    expect(newer).toContain('order(id: ID!, number: String): Order')
  })

  it('loses what is removed, with the types only that led to', () => {
    const newer = printSchema(schemaOf('2026-10'))
    expect(newer).not.toContain('Legacy')
    expect(printSchema(schemaOf('2027-10'))).not.toContain('stock')
  })

  it('marks what it deprecates with what to use instead', () => {
    const query = schemaOf('2026-10').getType('Query')
    expect(isObjectType(query) && query.getFields().stock?.deprecationReason).toBe('Use availability')
    const older = schemaOf('2026-07').getType('Query')
    expect(isObjectType(older) && older.getFields().stock?.deprecationReason).toBeUndefined()
  })

  it('has no type of which nothing is left, and nothing that leads to one', () => {
    const sdl = /* GraphQL */ `
      type Query { a: Int wraps: Outer any: Any kept: Kept }
      type Mutation { change: Int @lifecycle(added: "2026-10") }
      type Outer { inner: Inner }
      type Inner { only: Int @lifecycle(added: "2026-10") }
      union Any = Inner
      type Kept { id: ID inner: Inner }
    `
    const full = buildSchema(sdl.replaceAll(/@lifecycle\([^)]*\)/g, ''))
    const rules = readLifecycles(parse(`${definition} ${sdl}`))
    const old = printSchema(deriveVersionSchema(full, rules, '2026-07'))
    expect(old.replaceAll(/\s+/g, ' ')).toBe('type Query { a: Int kept: Kept } type Kept { id: ID }')
    expect(printSchema(deriveVersionSchema(full, rules, '2026-10'))).toContain('type Mutation')
  })

  it('is refused when it is none: an interface whose field a version has not', () => {
    const sdl = /* GraphQL */ `
      type Query { node: Node }
      interface Node { id: ID! extra: Int }
      type Thing implements Node { id: ID! extra: Int @lifecycle(added: "2026-10") }
    `
    const full = buildSchema(sdl.replaceAll(/@lifecycle\([^)]*\)/g, ''))
    const rules = readLifecycles(parse(`${definition} ${sdl}`))
    expect(() => deriveVersionSchema(full, rules, '2026-07')).toThrow('Node.extra')
  })

  it('shows drafts in unstable only', () => {
    expect(printSchema(schemaOf('unstable'))).toContain('draft')
  })

  it('refuses in one version what another answers', () => {
    const query = parse('{ availability { ats } }')
    expect(validate(schemaOf('2026-07'), query)).toHaveLength(1)
    expect(validate(schemaOf('2026-10'), query)).toHaveLength(0)
  })

  it('refuses a lifecycle that goes backwards or names no version', () => {
    const read = (text: string) => () => readLifecycles(parse(`type Query { a: Int @lifecycle(${text}) }`))
    expect(read('added: "2026-10", removed: "2026-07"')).toThrow(
      'Query.a: expected added, deprecated and removed in this order',
    )
    expect(read('added: "2026-09"')).toThrow("Query.a: '2026-09' is no version")
  })
})

describe('version calendar', () => {
  const calendar = createVersionCalendar(['2026-10', '2026-07'], { '2026-07': '2027-07-15T00:00:00Z' })

  it('gives the newest released version to who names none', () => {
    expect(calendar.newest(new Date('2026-09-30')).name).toBe('2026-07')
    expect(calendar.newest(new Date('2026-10-01T17:00:00Z')).name).toBe('2026-10')
  })

  it('retires a version at its sunset, not before', () => {
    const version = calendar.find('2026-07')
    expect(version && calendar.isRetired(version, new Date('2027-07-14'))).toBe(false)
    expect(version && calendar.isRetired(version, new Date('2027-07-15'))).toBe(true)
  })

  it('refuses to retire a version before it was supported for 12 months', () => {
    expect(() => createVersionCalendar(['2026-07'], { '2026-07': '2027-06-30T00:00:00Z' })).toThrow(
      'at least 12 months',
    )
  })
})
