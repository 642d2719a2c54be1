/** Which pages of other sites may ask; credentials travel in headers a page must set itself, so cookies never count. */
export type Cors = {
  /** @returns headers for an answer to a page of that origin; empty when it may not read it */
  answerHeaders(origin: string | undefined): Readonly<Record<string, string>>
  /** @returns headers for a preflight */
  preflightHeaders(origin: string | undefined, requested: string | undefined): Readonly<Record<string, string>>
}

const none = Object.freeze({})

/** What pages may read of an answer besides its body. */
const exposed = [
  'api-version',
  'deprecation',
  'sunset',
  'link',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'x-correlation-id',
].join(', ')

const headerNames = /^[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}$/
const maxAgeS = 7_200

/** @param origins e.g. `https://shop.example`; `*` for all */
export function createCors(origins: readonly string[]): Cors {
  const isOpen = origins.includes('*')
  const known = new Map(
    origins.map((origin) => [
      origin,
      Object.freeze({ 'access-control-allow-origin': origin, 'access-control-expose-headers': exposed }),
    ]),
  )
  const answerHeaders: Cors['answerHeaders'] = (origin) =>
    origin === undefined ? none : (known.get(isOpen ? '*' : origin) ?? none)
  return {
    answerHeaders,
    preflightHeaders(origin, requested) {
      const allowed = answerHeaders(origin)
      if (allowed === none) return none
      return {
        ...allowed,
        'access-control-allow-methods': 'GET, POST',
        'access-control-max-age': String(maxAgeS),
        ...(requested !== undefined && headerNames.test(requested)
          ? { 'access-control-allow-headers': requested }
          : {}),
      }
    },
  }
}
