import { isIP } from 'node:net'
import { AppError } from '../../platform/errors/app-error.ts'
import { createIsPublicAddress } from './public-address.ts'

/** A name's addresses, as the network has them at this moment. */
export type Resolve = (hostname: string, signal: AbortSignal) => Promise<readonly string[]>

export type TargetRules = {
  /** For development and tests: plain http, any port, any address. */
  readonly allowPrivate: boolean
  readonly resolve: Resolve
}

/** Where an attempt connects: to this very address, whatever the name says a moment later. */
export type PinnedTarget = { readonly url: URL; readonly address: string; readonly family: 4 | 6 }

export type Targets = {
  /** Judges what can be judged without the network. @throws AppError `BAD_USER_INPUT` */
  parse(text: string): URL
  /** @throws AppError `BAD_USER_INPUT` when the name leads nowhere or to an address that is not public */
  pin(url: URL, signal: AbortSignal): Promise<PinnedTarget>
}

const longestUrl = 2_000
const allowedPorts: ReadonlySet<string> = new Set(['', '443', '8443'])

export function createTargets({ allowPrivate, resolve }: TargetRules): Targets {
  const isPublic = createIsPublicAddress()
  return {
    parse(text) {
      if (text.length > longestUrl) throw refusal(`it is longer than ${longestUrl} characters`)
      if (!URL.canParse(text)) throw refusal('it is no absolute address')
      const url = new URL(text)
      if (url.username !== '' || url.password !== '') throw refusal('it holds credentials, allowed is none')
      if (url.hash !== '') throw refusal('it has a fragment, allowed is none')
      if (allowPrivate && (url.protocol === 'https:' || url.protocol === 'http:')) return url
      if (url.protocol !== 'https:') throw refusal(`its scheme is ${url.protocol.slice(0, -1)}, allowed is https`)
      if (!allowedPorts.has(url.port)) throw refusal(`its port is ${url.port}, allowed is 443 or 8443`)
      const literal = literalOf(url)
      if (literal !== null && !isPublic(literal)) throw notPublic()
      if (literal === null && !isQualified(url.hostname)) throw notPublic()
      return url
    },
    async pin(url, signal) {
      const literal = literalOf(url)
      const addresses = literal === null ? await resolve(url.hostname, signal) : [literal]
      // One private address among public ones is enough to refuse: which one is used must not be left to chance.
      if (!allowPrivate && !addresses.every(isPublic)) throw notPublic()
      const [address] = addresses
      const family = address === undefined ? 0 : isIP(address)
      if (address === undefined || (family !== 4 && family !== 6)) throw refusal('its name leads to no address')
      return { url, address, family }
    },
  }
}

/** @returns the address that stands in the place of a name, however it was written: URL has made one form of it */
function literalOf({ hostname }: URL): string | null {
  const bare = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname
  return isIP(bare) === 0 ? null : bare
}

/** Names without a dot and those of the local network never lead to the public one. */
function isQualified(hostname: string): boolean {
  const name = hostname.replace(/\.$/, '')
  return name.includes('.') && !/(^|\.)(localhost|local|internal|home\.arpa|localdomain)$/i.test(name)
}

function notPublic(): AppError {
  return refusal('it does not lead to a public address')
}

function refusal(why: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot deliver to the url: ${why}`, { details: { argument: 'url' } })
}
