import { describe, expect, it } from 'vitest'
import {
  createLinkingState,
  type Link,
  type LinkingIdentifier,
  type LinkingState,
  linkProfile,
  maxProfilesPerCustomer,
} from '../../../subgraphs/customers/linking.ts'

const email = (value: string): LinkingIdentifier => ({ kind: 'EMAIL', namespace: '', value, strength: 'STRONG' })
const phone = (value: string): LinkingIdentifier => ({ kind: 'PHONE', namespace: '', value, strength: 'STRONG' })
const loyalty = (value: string): LinkingIdentifier => ({ kind: 'LOYALTY_ID', namespace: '', value, strength: 'UNIQUE' })
const relay = (system: string, value: string): LinkingIdentifier => ({
  kind: 'EMAIL',
  namespace: system,
  value,
  strength: 'UNIQUE',
})

type Change = readonly [profileId: string, identifiers: readonly LinkingIdentifier[], aliasIds?: readonly string[]]

/** Links profiles one after the other; customers are c1, c2 … in the order they were first seen. */
function given(...changes: readonly Change[]) {
  const state: LinkingState = createLinkingState([], [])
  let minted = 0
  const when = (...[profileId, identifiers, aliasIds = []]: Change): readonly Link[] =>
    linkProfile(state, { profileId, identifiers, aliasIds }, () => {
      minted += 1
      return `c${minted}`
    })
  for (const change of changes) when(...change)
  const customers = () => Object.fromEntries([...state.profiles].map(([id, { customerId }]) => [id, customerId]))
  return { when, customers }
}

describe('linking a profile', () => {
  it('makes a new customer of one that shares nothing', () => {
    expect(given().when('p1', [email('a@x.io')])).toEqual([
      { profileId: 'p1', customerId: 'c1', previousCustomerId: null, rule: 'FIRST_SEEN', evidence: [] },
    ])
  })

  it('joins by a shared strong identifier', () => {
    expect(given(['p1', [email('a@x.io')]]).when('p2', [email('a@x.io'), phone('+331')])).toEqual([
      {
        profileId: 'p2',
        customerId: 'c1',
        previousCustomerId: null,
        rule: 'SHARED_STRONG_IDENTIFIER',
        evidence: ['EMAIL'],
      },
    ])
  })

  it('says unique where both kinds agree', () => {
    const [link] = given(['p1', [email('a@x.io'), loyalty('L1')]]).when('p2', [email('a@x.io'), loyalty('L1')])
    expect(link).toMatchObject({
      customerId: 'c1',
      rule: 'SHARED_UNIQUE_IDENTIFIER',
      evidence: ['EMAIL', 'LOYALTY_ID'],
    })
  })

  it('is blocked by a unique identifier that disagrees', () => {
    const { when, customers } = given(['p1', [email('a@x.io'), loyalty('L1')]])
    expect(when('p2', [email('a@x.io'), loyalty('L2')])).toMatchObject([{ customerId: 'c2', rule: 'FIRST_SEEN' }])
    expect(customers()).toEqual({ p1: 'c1', p2: 'c2' })
  })

  it('is blocked by a disagreement with any profile of the customer', () => {
    const { when } = given(['p1', [loyalty('L1'), email('a@x.io')]], ['p2', [email('a@x.io'), phone('+331')]])
    expect(when('p3', [phone('+331'), loyalty('L2')])).toMatchObject([{ rule: 'FIRST_SEEN' }])
  })

  it('joins two customers it bridges: the one with fewer profiles moves', () => {
    const { when, customers } = given(['p1', [email('a@x.io')]], ['p2', [phone('+331')]], ['p3', [phone('+331')]])
    expect(when('p4', [email('a@x.io'), phone('+331')])).toMatchObject([
      { profileId: 'p4', customerId: 'c1', previousCustomerId: null },
      { profileId: 'p2', customerId: 'c1', previousCustomerId: 'c2' },
      { profileId: 'p3', customerId: 'c1', previousCustomerId: 'c2' },
    ])
    expect(new Set(Object.values(customers()))).toEqual(new Set(['c1']))
  })

  it('moves the smaller customer even when it is the older one', () => {
    const { when } = given(['p1', [email('a@x.io')]], ['p2', [phone('+331')]], ['p3', [phone('+331')]])
    expect(when('p1', [email('a@x.io'), phone('+331')])).toMatchObject([
      { profileId: 'p1', customerId: 'c2', previousCustomerId: 'c1' },
    ])
  })

  it('moves the younger of two equals', () => {
    const { when } = given(['p1', [email('a@x.io')]], ['p2', [phone('+331')]])
    expect(when('p1', [email('a@x.io'), phone('+331')])).toMatchObject([
      { profileId: 'p2', customerId: 'c1', previousCustomerId: 'c2' },
    ])
  })

  it('stops at eight profiles of one customer', () => {
    const many = Array.from(
      { length: maxProfilesPerCustomer },
      (_, index): Change => [`p${index}`, [email('info@x.io')]],
    )
    const { when, customers } = given(...many)
    expect(new Set(Object.values(customers()))).toEqual(new Set(['c1']))
    expect(when('p9', [email('info@x.io')])).toMatchObject([{ customerId: 'c2', rule: 'FIRST_SEEN' }])
  })

  it('keeps a relay address within its system', () => {
    const { when } = given(['p1', [relay('market', 'x@members.ebay.com')]])
    expect(when('p2', [relay('other', 'x@members.ebay.com')])).toMatchObject([{ rule: 'FIRST_SEEN' }])
    expect(when('p3', [relay('market', 'x@members.ebay.com')])).toMatchObject([
      { customerId: 'c1', rule: 'SHARED_UNIQUE_IDENTIFIER' },
    ])
  })

  it('does not read two relay addresses as a disagreement', () => {
    const { when } = given(['p1', [relay('market', 'x@members.ebay.com'), loyalty('L1')]])
    expect(when('p2', [relay('market', 'y@members.ebay.com'), loyalty('L1')])).toMatchObject([{ customerId: 'c1' }])
  })

  it('decides nothing new when told the same again', () => {
    const { when } = given(['p1', [email('a@x.io')], ['alias']], ['p2', [email('a@x.io')]])
    expect(when('p1', [email('a@x.io')], ['alias'])).toEqual([])
    expect(when('p2', [email('a@x.io')])).toEqual([])
  })

  it('stays linked when what linked it is gone', () => {
    const { when, customers } = given(['p1', [email('a@x.io')]], ['p2', [email('a@x.io')]])
    expect(when('p2', [])).toEqual([])
    expect(customers()).toEqual({ p1: 'c1', p2: 'c1' })
  })

  it('takes the ids that others refer to it by along, the first claim wins', () => {
    const { when } = given(['p1', [email('a@x.io')], ['alias']], ['p2', [phone('+331')]], ['p3', [phone('+331')]])
    expect(when('p4', [], ['alias'])).toMatchObject([{ profileId: 'p4', rule: 'FIRST_SEEN' }])
    expect(when('p1', [email('a@x.io'), phone('+331')], ['alias'])).toMatchObject([
      { profileId: 'p1', customerId: 'c2', previousCustomerId: 'c1' },
      { profileId: 'alias', customerId: 'c2', previousCustomerId: 'c1' },
    ])
    expect(when('p2', [phone('+331')], ['late'])).toMatchObject([
      { profileId: 'late', customerId: 'c2', previousCustomerId: null },
    ])
  })
})
