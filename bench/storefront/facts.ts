import { setTimeout as wait } from 'node:timers/promises'
import type { Journey } from '../journeys/journeys.ts'

/** What the journey asks of a variant, with the key by which subgraphs join it. */
export type Fact = Readonly<Record<string, unknown>> & { readonly id: string; readonly sku: string }

const freshTimeoutMs = 60_000

/**
 * Reads what the journey's answers hold out of the product, once, so that others can answer the same from memory.
 * Waits for all of it to be fresh: what is stale at first would differ later for no fault of anyone.
 */
export async function readFacts(journey: Journey, url: string): Promise<readonly Fact[]> {
  const query = journey.query.replace('sku\n', 'id sku\n')
  const deadline = AbortSignal.timeout(freshTimeoutMs)
  const facts: Fact[] = []
  for (const variables of journey.variables) {
    let page = await readPage(url, { query, variables })
    while (/"staleness":"(?!FRESH)/.test(JSON.stringify(page))) {
      await wait(250, undefined, { signal: deadline })
      page = await readPage(url, { query, variables })
    }
    facts.push(...page)
  }
  return facts
}

async function readPage(url: string, body: object): Promise<readonly Fact[]> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  })
  const { data } = (await answer.json()) as { readonly data?: { readonly variantsBySku?: readonly (Fact | null)[] } }
  const known = (data?.variantsBySku ?? []).filter((fact) => fact !== null)
  if (known.length > 0 && known.every(({ id }) => id !== undefined)) return known
  throw new Error(`Cannot read the journey's facts: ${answer.status}, ${known.length} variants`)
}

/**
 * An answer's data as text with sorted keys, so that two can be compared. Moments and ages move on between two
 * answers: of `asOf` and `ageMs` only the kind of value is kept.
 */
export function comparable(answer: string): string {
  const { data } = JSON.parse(answer) as { readonly data?: unknown }
  return JSON.stringify(data, (key, value: unknown) => {
    if (key === 'asOf' || key === 'ageMs') return value === null ? null : typeof value
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
