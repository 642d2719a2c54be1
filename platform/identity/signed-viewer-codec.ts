import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors/app-error.ts'
import type { Viewer } from './viewer.ts'
import { parseViewer, type ViewerCodec } from './viewer-header.ts'

export type SignedViewerOptions = {
  /** At least 32 characters, the same in the gateway and in every subgraph process. */
  readonly secret: string
  readonly clock: Clock
  /** How long a subgraph takes a value after it was signed. Default: 60 s. */
  readonly ttlMs?: number
}

const defaultTtlMs = 60_000
/** How far the clocks of two processes may be apart. */
const leewayMs = 5_000
const maxKnown = 10_000
const longestValue = 8_192

type Signed = { readonly value: string; readonly renewAtMs: number }
type Read = { readonly viewer: Viewer; readonly expiresAtMs: number }

/**
 * Values that only who knows the secret can make, good for a short time: `<base64url JSON>.<HMAC-SHA256>`. Signing and
 * checking are done once per viewer and lifetime; a value known already costs a lookup.
 */
export function createSignedViewerCodec({ secret, clock, ttlMs = defaultTtlMs }: SignedViewerOptions): ViewerCodec {
  if (secret.length < 32) throw new TypeError(`Cannot sign viewers: the secret has ${secret.length} characters, not 32`)
  const key = createHash('sha256').update(`storeloom viewer\0${secret}`).digest()
  const signed = new WeakMap<Viewer, Signed>()
  const known = new LRUCache<string, Read>({ max: maxKnown })

  const macOf = (body: string) => createHmac('sha256', key).update(body).digest('base64url')

  function read(value: string): Read {
    const dot = value.indexOf('.')
    const [body, mac] = [value.slice(0, Math.max(dot, 0)), value.slice(dot + 1)]
    if (value.length > longestValue || dot < 0 || !isSame(mac, macOf(body))) {
      throw new AppError('UNAUTHENTICATED', 'Cannot answer: the call is not from a gateway of this installation')
    }
    const { viewer, expiresAtMs } = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Read
    return { viewer: parseViewer(viewer), expiresAtMs }
  }

  return {
    encode(viewer) {
      const now = clock().getTime()
      const before = signed.get(viewer)
      if (before !== undefined && now < before.renewAtMs) return before.value
      const body = Buffer.from(JSON.stringify({ viewer, expiresAtMs: now + ttlMs })).toString('base64url')
      const value = `${body}.${macOf(body)}`
      // A call under way must not outlive its value.
      signed.set(viewer, { value, renewAtMs: now + ttlMs / 2 })
      return value
    },
    decode(value) {
      let found = known.get(value)
      if (found === undefined) {
        found = read(value)
        known.set(value, found)
      }
      if (clock().getTime() > found.expiresAtMs + leewayMs) {
        throw new AppError('UNAUTHENTICATED', 'Cannot answer: what says who asks has expired')
      }
      return found.viewer
    },
  }
}

function isSame(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}
