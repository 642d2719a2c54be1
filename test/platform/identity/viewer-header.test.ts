import { describe, expect, it } from 'vitest'
import type { Viewer } from '../../../platform/identity/viewer.ts'
import { plainViewerCodec } from '../../../platform/identity/viewer-header.ts'

const base = { tenant: 'acme', clientId: 'pos-7', scopes: ['orders:read'] }
const viewers: readonly Viewer[] = [
  { ...base, kind: 'anonymous' },
  { ...base, kind: 'shopper', customerId: 'c1' },
  { ...base, kind: 'staff', subject: 's1', roles: ['finance'], locationIds: ['l1'], regions: [] },
  { ...base, kind: 'partner', partnerId: 'p1', channelIds: ['m1'] },
  { ...base, kind: 'service', system: 'erp' },
]

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('viewer header', () => {
  it('brings every kind of viewer over unchanged', () => {
    expect(viewers.map((viewer) => plainViewerCodec.decode(plainViewerCodec.encode(viewer)))).toEqual(viewers)
  })

  it('refuses what names no viewer, saying which member is wrong', () => {
    expect(() => plainViewerCodec.decode('%%%')).toThrow('is not base64url JSON')
    expect(() => plainViewerCodec.decode(encode(null))).toThrow('it is no object')
    expect(() => plainViewerCodec.decode(encode({ ...base, kind: 'king' }))).toThrow('its kind is none of anonymous')
    expect(() => plainViewerCodec.decode(encode({ ...base, kind: 'shopper' }))).toThrow('customerId is not text')
    expect(() => plainViewerCodec.decode(encode({ ...base, kind: 'anonymous', scopes: [1] }))).toThrow(
      'scopes is not a list of texts',
    )
  })

  it('drops roles that do not exist', () => {
    const staff = { ...base, kind: 'staff', subject: 's', roles: ['finance', 'god'], locationIds: [], regions: [] }
    expect(plainViewerCodec.decode(encode(staff))).toMatchObject({ roles: ['finance'] })
  })
})
