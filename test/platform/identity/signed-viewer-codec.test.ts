import { describe, expect, it } from 'vitest'
import { createSignedViewerCodec } from '../../../platform/identity/signed-viewer-codec.ts'
import { plainViewerCodec } from '../../../platform/identity/viewer-header.ts'
import { partner, shopper, staff } from '../../support/viewers.ts'

const secret = 'a secret of at least thirty-two characters'

describe('viewers between processes', () => {
  let now = new Date('2026-11-21T09:00:00Z')
  const clock = () => now
  const codec = createSignedViewerCodec({ secret, clock })
  const codeOf = (decode: () => unknown): string => {
    try {
      decode()
      return 'accepted'
    } catch (error) {
      return (error as { code: string }).code
    }
  }

  it('arrive as they were sent', () => {
    for (const viewer of [shopper('cus_9'), partner(['a', 'b']), staff(['finance'], ['loc_1'])]) {
      expect(createSignedViewerCodec({ secret, clock }).decode(codec.encode(viewer))).toEqual(viewer)
    }
  })

  it('are believed only when signed with the secret of this installation', () => {
    const value = codec.encode(shopper())
    const other = createSignedViewerCodec({ secret: `${secret}!`, clock })
    expect(codeOf(() => other.decode(value))).toBe('UNAUTHENTICATED')
    expect(codeOf(() => codec.decode(plainViewerCodec.encode(shopper())))).toBe('UNAUTHENTICATED')
    const [body = '', mac = ''] = value.split('.')
    const changed = Buffer.from(Buffer.from(body, 'base64url').toString().replace('cus_1', 'cus_2')).toString(
      'base64url',
    )
    expect(codeOf(() => codec.decode(`${changed}.${mac}`))).toBe('UNAUTHENTICATED')
    expect(codeOf(() => codec.decode(`${body}.`))).toBe('UNAUTHENTICATED')
    expect(codeOf(() => codec.decode(''))).toBe('UNAUTHENTICATED')
  })

  it('are signed once for half of their minute, and expire', () => {
    const viewer = shopper()
    const value = codec.encode(viewer)
    now = new Date(now.getTime() + 29_000)
    expect(codec.encode(viewer)).toBe(value)
    now = new Date(now.getTime() + 2_000)
    expect(codec.encode(viewer)).not.toBe(value)
    expect(codeOf(() => codec.decode(value))).toBe('accepted')
    now = new Date(now.getTime() + 35_000)
    expect(codeOf(() => codec.decode(value))).toBe('UNAUTHENTICATED')
  })

  it('need a secret that is one', () => {
    expect(() => createSignedViewerCodec({ secret: 'short', clock })).toThrow('not 32')
  })
})
