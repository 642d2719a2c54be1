import { describe, expect, it } from 'vitest'
import { isRelayEmail, toEmail, toPhone } from '../../../subgraphs/customers/identifiers.ts'

describe('an e-mail address', () => {
  it('is trimmed, lower case, its domain in ASCII', () => {
    expect(toEmail('  Ada.L+shop@Exämple.COM ')).toBe('ada.l+shop@xn--exmple-cua.com')
  })

  it('is none without a name, an at sign and a dotted domain', () => {
    expect([
      toEmail('ada'),
      toEmail('@x.io'),
      toEmail('a@localhost'),
      toEmail('a b@x.io'),
      toEmail('a@b@x.io'),
    ]).toEqual([null, null, null, null, null])
  })

  it('is a relay by its domain, not by a name that looks like one', () => {
    expect(isRelayEmail('abc@members.ebay.co.uk')).toBe(true)
    expect(isRelayEmail('x9@marketplace.amazon.de')).toBe(true)
    expect(isRelayEmail('relay.walmart.com@x.io')).toBe(false)
    expect(isRelayEmail('a@notrelay.walmart.com')).toBe(false)
  })
})

describe('a phone number', () => {
  const e164 = (text: string, country = 'DE') => toPhone(text, country)?.value ?? null

  it('with a country code is E.164 whatever its punctuation', () => {
    expect([e164('+49 (0)30 901820'), e164('0049-30-901820'), e164('+49.30.901820')]).toEqual([
      '+4930901820',
      '+4930901820',
      '+4930901820',
    ])
  })

  it('without one is of the given country', () => {
    expect([
      e164('030 901820'),
      e164('(206) 555-9857', 'US'),
      e164('1 206 555 9857', 'US'),
      e164('612 345 678', 'ES'),
    ]).toEqual(['+4930901820', '+12065559857', '+12065559857', '+34612345678'])
  })

  it('of a country whose rules are unknown stays its digits and proves nothing', () => {
    expect(toPhone('030-901820', 'ZZ')).toEqual({ value: '030901820', international: false })
  })

  it('is none with letters, too few or too many digits', () => {
    expect([e164('call me'), e164('12'), e164('+4930901820901820901')]).toEqual([null, null, null])
  })
})
