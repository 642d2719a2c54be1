import { describe, expect, it } from 'vitest'
import { createIsPublicAddress } from '../../../gateway/webhooks/public-address.ts'
import { createTargets } from '../../../gateway/webhooks/target.ts'

const isPublic = createIsPublicAddress()
const signal = new AbortController().signal
const targetsTo = (...addresses: string[]) => createTargets({ allowPrivate: false, resolve: async () => addresses })

function refused(url: string): string {
  try {
    targetsTo('93.184.216.34').parse(url)
    return 'allowed'
  } catch (error) {
    return error instanceof Error ? error.message : 'no error'
  }
}

describe('addresses', () => {
  it('of the public network are public', () => {
    const addresses = ['93.184.216.34', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:2800:220:1::1', '2a00:1450::1']
    expect(addresses.filter((address) => !isPublic(address))).toEqual([])
  })

  it('of any other network are not', () => {
    const addresses = [
      '127.0.0.1',
      '127.255.255.254',
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '100.127.255.255',
      '169.254.169.254',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '192.0.0.8',
      '192.0.2.1',
      '192.88.99.1',
      '198.18.0.1',
      '198.19.255.255',
      '198.51.100.1',
      '203.0.113.1',
      '224.0.0.1',
      '239.255.255.255',
      '240.0.0.1',
      '255.255.255.255',
      '::',
      '::1',
      '::127.0.0.1',
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:93.184.216.34',
      '0:0:0:0:0:ffff:a00:1',
      '64:ff9b::7f00:1',
      '64:ff9b:1::1',
      '100::1',
      '2001::1',
      '2001:db8::1',
      '2002:7f00:1::',
      '3fff::1',
      '5f00::1',
      'fc00::1',
      'fd12:3456::1',
      'fe80::1',
      'fe80::1%eth0',
      'fec0::1',
      'ff02::1',
      '2a00::1%eth0',
      '1.2.3',
      'localhost',
      '',
    ]
    expect(addresses.filter(isPublic)).toEqual([])
  })
})

describe('urls of receivers', () => {
  it('may be https on the ports of https', () => {
    expect(refused('https://hooks.partner.example/in?tenant=1')).toBe('allowed')
    expect(refused('https://hooks.partner.example:8443/in')).toBe('allowed')
    expect(refused('https://93.184.216.34/in')).toBe('allowed')
  })

  it('may be nothing else', () => {
    const notPublic = 'Cannot deliver to the url: it does not lead to a public address'
    expect(refused('http://hooks.partner.example/')).toContain('its scheme is http, allowed is https')
    expect(refused('file:///etc/passwd')).toContain('its scheme is file')
    expect(refused('https://hooks.partner.example:22/')).toContain('its port is 22, allowed is 443 or 8443')
    expect(refused('https://me:secret@hooks.partner.example/')).toContain('it holds credentials')
    expect(refused('https://me@hooks.partner.example/')).toContain('it holds credentials')
    expect(refused('https://hooks.partner.example/#a')).toContain('it has a fragment')
    expect(refused('/in')).toContain('it is no absolute address')
    expect(refused(`https://hooks.partner.example/${'a'.repeat(2_000)}`)).toContain('longer than 2000')
    expect(refused('https://localhost/')).toBe(notPublic)
    expect(refused('https://LOCALHOST./')).toBe(notPublic)
    expect(refused('https://printer/')).toBe(notPublic)
    expect(refused('https://metadata.google.internal/')).toBe(notPublic)
    expect(refused('https://nas.local/')).toBe(notPublic)
  })

  it('are read as the connection will read them, however an address is written', () => {
    const notPublic = 'Cannot deliver to the url: it does not lead to a public address'
    expect(refused('https://127.0.0.1/')).toBe(notPublic)
    expect(refused('https://2130706433/')).toBe(notPublic)
    expect(refused('https://0x7f.1/')).toBe(notPublic)
    expect(refused('https://0177.0.0.1/')).toBe(notPublic)
    expect(refused('https://127.1/')).toBe(notPublic)
    expect(refused('https://１２７.0.0.1/')).toBe(notPublic)
    expect(refused('https://[::1]/')).toBe(notPublic)
    expect(refused('https://[::ffff:127.0.0.1]/')).toBe(notPublic)
    expect(refused('https://[fe80::1]/')).toBe(notPublic)
  })

  it('lead to the address that was judged', async () => {
    const targets = targetsTo('93.184.216.34', '1.1.1.1')
    const url = targets.parse('https://hooks.partner.example/in')
    expect(await targets.pin(url, signal)).toEqual({ url, address: '93.184.216.34', family: 4 })
  })

  it('are refused when one of several addresses is not public, or there is none', async () => {
    const url = new URL('https://hooks.partner.example/in')
    await expect(targetsTo('93.184.216.34', '10.0.0.1').pin(url, signal)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
    })
    await expect(targetsTo('::ffff:10.0.0.1').pin(url, signal)).rejects.toThrow('public address')
    await expect(targetsTo().pin(url, signal)).rejects.toThrow('leads to no address')
  })

  it('may be anything of http where the configuration allows private addresses', async () => {
    const targets = createTargets({ allowPrivate: true, resolve: async () => ['127.0.0.1'] })
    const url = targets.parse('http://localhost:3000/in')
    expect(await targets.pin(url, signal)).toMatchObject({ address: '127.0.0.1' })
    expect(() => targets.parse('ftp://localhost/')).toThrow('its scheme is ftp')
  })
})
