import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../platform/event-log/event-log.ts'
import { startOfLog } from '../../../platform/event-log/position.ts'
import { createCustomers } from '../../../subgraphs/customers/index.ts'
import { createLinkingProcess } from '../../../subgraphs/customers/linking-process.ts'
import { profilesProjection } from '../../../subgraphs/customers/read-model.ts'
import { askAnew, type RunningSubgraph, runSubgraph, type SubgraphParts } from '../../support/run-subgraph.ts'

function create(parts: SubgraphParts) {
  let minted = 0
  return createCustomers({
    ...parts,
    tenant: 'test',
    mintCustomerId: () => `cus_${String(++minted).padStart(6, '0')}`,
    defaultCountry: 'FR',
    sourcePriority: ['crm', 'web'],
  })
}

let customers: RunningSubgraph
beforeEach(async () => {
  customers = await runSubgraph(create)
})
afterEach(() => customers[Symbol.asyncDispose]())

const person = (overrides: JsonObject = {}): JsonObject => ({
  name: 'Ada Lovelace',
  emails: [{ value: 'Ada@X.io', verified: true }],
  phones: [{ value: '01 23 45 67 89' }],
  ...overrides,
})

async function deliver(system: string, key: string, data: JsonObject | null) {
  await customers.deliver(system, [{ kind: 'customer', key, data }])
}

async function find(kind: string, value: string, fields = 'id'): Promise<unknown> {
  const query = `query($kind: IdentifierKind!, $value: String!) { customerByIdentifier(kind: $kind, value: $value) { ${fields} } }`
  const { data, errors } = await customers.ask(query, { kind, value })
  expect(errors).toBeUndefined()
  return JSON.parse(JSON.stringify(data?.customerByIdentifier))
}

async function linkEvents() {
  const { events } = await customers.eventLog.read({
    after: startOfLog,
    limit: 1_000,
    types: ['retail.customer.linked.v1'],
  })
  return events
}

const tables = ['customers.profiles', 'customers.identifiers', 'customers.links', 'customers.order_numbers']
const dumpAll = async () =>
  Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await customers.dump(table)])))

function captured(orderId: string, number: string, externalNumber: string, profileId: string) {
  return {
    type: 'retail.order.captured.v1',
    source: `/tenants/test/orders/order/${orderId}`,
    subject: orderId,
    time: '2026-02-01T00:00:00.000Z',
    data: { orderId, number, externalNumber, profileId, former: null },
    partitionKey: orderId,
    authority: 'oms',
  }
}

describe('customers', () => {
  it('known to two systems under different names are found by any identifier', async () => {
    await deliver('crm', '1', person({ loyaltyId: 'L-1', company: 'Engines' }))
    await deliver('web', '77', {
      name: 'A. Byron',
      emails: [{ value: 'ada@x.io', verified: true }, { value: 'byron@y.io' }],
      accountId: 'W77',
    })
    await customers.drain()
    const found = await find(
      'EMAIL',
      ' ADA@x.io',
      'id displayName company identifiers { kind value verified systems } profiles { system externalId name linkedBy }',
    )
    expect(found).toEqual({
      id: 'cus_000001',
      displayName: 'Ada Lovelace',
      company: 'Engines',
      identifiers: [
        { kind: 'EMAIL', value: 'ada@x.io', verified: true, systems: ['crm', 'web'] },
        { kind: 'EMAIL', value: 'byron@y.io', verified: false, systems: ['web'] },
        { kind: 'PHONE', value: '+33123456789', verified: false, systems: ['crm'] },
        { kind: 'LOYALTY_ID', value: 'L-1', verified: true, systems: ['crm'] },
        { kind: 'ACCOUNT_ID', value: 'W77', verified: true, systems: ['web'] },
      ],
      profiles: [
        { system: 'crm', externalId: '1', name: 'Ada Lovelace', linkedBy: 'FIRST_SEEN' },
        { system: 'web', externalId: '77', name: 'A. Byron', linkedBy: 'SHARED_STRONG_IDENTIFIER' },
      ],
    })
    expect(
      await Promise.all([
        find('EMAIL', 'byron@y.io'),
        find('PHONE', '+33 1 23 45 67 89'),
        find('LOYALTY_ID', 'L-1'),
        find('ACCOUNT_ID', 'W77'),
      ]),
    ).toEqual(Array.from({ length: 4 }, () => ({ id: 'cus_000001' })))
  })

  it('who share a claimed address only are two, and the address finds neither', async () => {
    const claimed = { emails: [{ value: 'family@x.io' }] }
    await deliver('crm', '1', person({ ...claimed }))
    await deliver('crm', '2', person({ ...claimed, phones: null }))
    await customers.drain()
    expect(await find('EMAIL', 'family@x.io')).toBeNull()
    expect(await find('PHONE', '0123456789')).toEqual({ id: 'cus_000001' })
    expect(await find('EMAIL', 'nobody@x.io')).toBeNull()
  })

  it('are found by the number of their order, the retailer’s or the channel’s', async () => {
    await deliver('crm', '1', person({ identifiers: [{ namespace: 'customer-account', value: 'ACC-1' }] }))
    await customers.drain()
    const { rows } = await customers.database.query<{ id: string; namespace: string }>(
      "SELECT id, namespace FROM connector.natural_keys WHERE kind = 'customer-profile'",
      [],
    )
    const idIn = (namespace: string) => rows.find((row) => row.namespace === namespace)?.id ?? ''
    expect(idIn('customer-account')).not.toBe(idIn('crm'))
    await customers.append([
      captured('o1', 'R-1', 'AMZ-1', idIn('crm')),
      captured('o2', 'R-2', 'AMZ-2', idIn('customer-account')),
    ])
    await customers.drain()
    expect(
      await Promise.all([
        find('ORDER_NUMBER', 'R-1'),
        find('ORDER_NUMBER', 'AMZ-1'),
        find('ORDER_NUMBER', 'R-2'),
        find('ORDER_NUMBER', 'R-3'),
      ]),
    ).toEqual([{ id: 'cus_000001' }, { id: 'cus_000001' }, { id: 'cus_000001' }, null])
  })

  it('joined by a later change are one from the next read on, and no longer by what was taken back', async () => {
    await deliver('crm', '1', person())
    await deliver('web', '2', { name: 'Ada', phones: [{ value: '+33611111111', verified: true }] })
    await customers.drain()
    expect(await find('PHONE', '+33611111111')).toEqual({ id: 'cus_000002' })
    expect(await find('EMAIL', 'ada@x.io', 'profiles { system }')).toEqual({ profiles: [{ system: 'crm' }] })
    await deliver('web', '2', { name: 'Ada', emails: [{ value: 'ada@x.io', verified: true }] })
    await customers.drain()
    expect(await find('EMAIL', 'ada@x.io', 'id profiles { system }')).toEqual({
      id: 'cus_000001',
      profiles: [{ system: 'crm' }, { system: 'web' }],
    })
    expect(await find('PHONE', '+33611111111')).toBeNull()
    expect((await linkEvents()).at(-1)?.data).toMatchObject({
      customerId: 'cus_000001',
      previousCustomerId: 'cus_000002',
    })
    expect((await customers.ask('{ customer(id: "cus_000002") { id } }')).data).toEqual({ customer: null })
  })

  it('whose source no longer has them keep their place but say nothing', async () => {
    await deliver('crm', '1', person())
    await customers.drain()
    await deliver('crm', '1', null)
    await customers.drain()
    expect(await find('EMAIL', 'ada@x.io')).toBeNull()
    expect((await customers.ask('{ customer(id: "cus_000001") { displayName identifiers { value } } }')).data).toEqual({
      customer: { displayName: null, identifiers: [] },
    })
  })

  it('are resolved by reference with two statements however many', async () => {
    const documents = Array.from({ length: 30 }, (_, index) => ({
      kind: 'customer',
      key: `${index}`,
      data: person({ emails: [{ value: `p${index}@x.io`, verified: true }], phones: null }),
    }))
    await customers.deliver('crm', documents)
    await customers.drain()
    await using fresh = await askAnew(create, customers)
    const r = Array.from({ length: 30 }, (_, index) => ({
      __typename: 'Customer',
      id: `cus_${String(index + 1).padStart(6, '0')}`,
    }))
    const { data, errors } = await fresh.ask(
      'query($r: [_Any!]!) { _entities(representations: $r) { ... on Customer { displayName profiles { externalId } } } }',
      { r },
    )
    expect(errors).toBeUndefined()
    expect(JSON.parse(JSON.stringify(data))._entities.filter((customer: unknown) => customer !== null)).toHaveLength(30)
    expect(fresh.statementCount()).toBe(2)
  })

  it('cannot be looked for by an empty or endless value', async () => {
    const ask = (value: string) =>
      customers.ask('query($v: String!) { customerByIdentifier(kind: EMAIL, value: $v) { id } }', { v: value })
    const refusals = await Promise.all([ask('  '), ask('x'.repeat(400))])
    expect(refusals.map(({ errors = [] }) => errors[0]?.extensions?.code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT'])
    expect(refusals[1].errors?.[0]?.message).toContain('value has 400 characters, allowed is text of 1 to 320')
  })
})

describe('an account number', () => {
  it('links the systems that note it, and gives references by it to the same customer', async () => {
    await deliver('web', '77', { name: 'A. Byron', accountId: 'W77' })
    await deliver('crm', '1', { name: 'Ada', accountId: 'W77' })
    await customers.drain()
    expect(await find('ACCOUNT_ID', 'W77', 'id profiles { system linkedBy }')).toEqual({
      id: 'cus_000001',
      profiles: [
        { system: 'web', linkedBy: 'FIRST_SEEN' },
        { system: 'crm', linkedBy: 'SHARED_UNIQUE_IDENTIFIER' },
      ],
    })
    expect(await customers.dump('customers.links')).toHaveLength(3)
  })
})

describe('the customers read model', () => {
  async function fill() {
    await deliver('crm', '1', person())
    await deliver('web', '2', person({ name: 'Ada B.', phones: null }))
    await deliver(
      'web',
      '2',
      person({ name: 'Ada K.', emails: [{ value: 'ada@x.io', verified: true }, { value: 'k@x.io' }] }),
    )
    await customers.append([captured('o1', 'R-1', 'X-1', 'cpr_any')])
    await customers.drain()
  }

  it('rebuilt from zero has the same rows and decides no link anew', async () => {
    await fill()
    const before = await dumpAll()
    const links = (await linkEvents()).length
    await customers.rebuild('customers.profiles')
    await customers.rebuild('customers.links')
    await customers.rebuild('customers.order-numbers')
    expect(await dumpAll()).toEqual(before)
    expect(before['customers.links']).toHaveLength(2)
    expect(await linkEvents()).toHaveLength(links)
  })

  it('is the same for repeated and reordered deliveries', async () => {
    await fill()
    const before = await dumpAll()
    const { events } = await customers.eventLog.read({ after: startOfLog, limit: 100, types: profilesProjection.types })
    await customers.database.query('TRUNCATE customers.profiles, customers.identifiers')
    for (const event of [...events.toReversed(), ...events]) {
      await customers.database.transaction((transaction) => profilesProjection.apply(transaction, [event]))
    }
    expect(await dumpAll()).toEqual(before)
  })

  it('is written and linked with the same number of statements for any batch', async () => {
    const documents = Array.from({ length: 40 }, (_, index) => ({ kind: 'customer', key: `${index}`, data: person() }))
    await customers.deliver('crm', documents)
    await customers.drain()
    const { events } = await customers.eventLog.read({ after: startOfLog, limit: 100, types: profilesProjection.types })
    expect(events).toHaveLength(40)
    const process = createLinkingProcess({ tenant: 'test', mintCustomerId: () => 'cus_new' })
    const statements = async (size: number) => {
      await customers.database.query('TRUNCATE customers.profiles, customers.identifiers')
      await customers.database.query('TRUNCATE customers.linking_profiles, customers.linking_names')
      await using database = customers.openDatabase()
      const batch = events.slice(0, size)
      await database.transaction((transaction) => profilesProjection.apply(transaction, batch))
      const decided = await database.transaction((transaction) => process.decide(transaction, batch))
      expect(decided).toHaveLength(size)
      return database.statementCount()
    }
    expect(await statements(40)).toBe(await statements(1))
  })

  it('dead-letters a document that is no customer and takes the others', async () => {
    await customers.deliver('crm', [
      { kind: 'customer', key: 'bad', data: { name: 7 } },
      { kind: 'customer', key: 'good', data: person() },
    ])
    await customers.drain()
    expect(await customers.dump('customers.profiles')).toHaveLength(1)
    const [letter] = await customers.dump('connector.dead_letters')
    expect(letter).toContain('Cannot read customer document of crm: name')
  })
})
