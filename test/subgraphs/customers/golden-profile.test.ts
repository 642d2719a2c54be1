import { describe, expect, it } from 'vitest'
import { toCustomerView } from '../../../subgraphs/customers/golden-profile.ts'
import type { Identifier } from '../../../subgraphs/customers/identifiers.ts'
import type { LinkRow, ProfileRow } from '../../../subgraphs/customers/reads.ts'

const contact = (value: string, verified: boolean): Identifier => ({
  kind: 'EMAIL',
  namespace: '',
  value,
  verified,
  strength: verified ? 'STRONG' : 'WEAK',
})

function profile(system: string, overrides: Partial<ProfileRow> = {}): { profile: ProfileRow; link: LinkRow } {
  const id = `cpr_${system}`
  return {
    profile: {
      id,
      system,
      externalId: '1',
      name: `Ada of ${system}`,
      company: null,
      identifiers: [],
      addresses: [],
      withdrawn: false,
      origin: { system, occurredAt: null, receivedAt: '2026-01-01T00:00:00.000Z' },
      ...overrides,
    },
    link: { profileId: id, customerId: 'c1', rule: 'FIRST_SEEN', linkedAt: '2026-01-01T00:00:00.000Z' },
  }
}

describe('the golden profile', () => {
  it('takes the more trusted system, then the newest', () => {
    const newest = profile('web', {
      origin: { system: 'web', occurredAt: null, receivedAt: '2026-02-01T00:00:00.000Z' },
    })
    expect(toCustomerView('c1', [newest, profile('pos'), profile('crm')], ['crm'])?.displayName).toBe('Ada of crm')
    expect(toCustomerView('c1', [profile('pos'), newest], ['crm'])?.displayName).toBe('Ada of web')
  })

  it('lets a proved profile speak before a trusted one', () => {
    const proved = profile('web', { identifiers: [contact('a@x.io', true)] })
    expect(toCustomerView('c1', [profile('crm'), proved], ['crm'])?.displayName).toBe('Ada of web')
  })

  it('fills what the first does not say from the next', () => {
    const silent = profile('crm', { name: null })
    const view = toCustomerView('c1', [silent, profile('pos', { company: 'Engines Ltd' })], ['crm'])
    expect(view).toMatchObject({ displayName: 'Ada of pos', company: 'Engines Ltd' })
  })

  it('names each identifier once with every system that knows it', () => {
    const linked = [
      profile('web', { identifiers: [contact('b@x.io', false), contact('a@x.io', false)] }),
      profile('crm', { identifiers: [contact('a@x.io', true)] }),
    ]
    expect(toCustomerView('c1', linked, ['crm'])?.identifiers).toEqual([
      { kind: 'EMAIL', value: 'a@x.io', verified: true, systems: ['crm', 'web'] },
      { kind: 'EMAIL', value: 'b@x.io', verified: false, systems: ['web'] },
    ])
  })

  it('is none without a profile', () => {
    expect(toCustomerView('c1', [], [])).toBeNull()
  })
})
