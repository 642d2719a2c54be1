import autocannon from 'autocannon'
import type { Journey } from './journeys.ts'

export type Load = {
  /** Of the GraphQL endpoint. */
  readonly url: string
  readonly token: string | null
  readonly connections: number
  /** How long, or how many requests. */
  readonly amount: { readonly seconds: number } | { readonly requests: number }
}

let sent = 0

/** Sends the journey's requests in turn over all connections, each with a header of its own. Anything but good answers ends the run. */
export async function loadWith(journey: Journey, { url, token, connections, amount }: Load) {
  const headers = headersOf(token)
  let wrong = ''
  const result = await autocannon({
    url,
    connections,
    ...('seconds' in amount ? { duration: amount.seconds } : { amount: amount.requests }),
    timeout: 10,
    requests: journey.variables.map((variables) => ({
      method: 'POST',
      headers,
      body: JSON.stringify({ query: journey.query, variables }),
      setupRequest: (request) => ({ ...request, headers: { ...headers, 'x-bench-request': String(sent++) } }),
    })),
    verifyBody(body) {
      const isGood = !body.includes('"errors":')
      if (!isGood) wrong ||= body.slice(0, 500)
      return isGood
    },
  })
  const { non2xx, errors, timeouts, mismatches } = result
  if (non2xx + errors + timeouts + mismatches > 0 || result['2xx'] === 0) {
    throw new Error(
      `Cannot measure ${journey.name} at ${url}: ${result['2xx']} answers of 200, ${non2xx} of another status, ${errors} broken, ${timeouts} late, ${mismatches} with errors ${wrong}`,
    )
  }
  return result
}

/** Each request once, its answer looked at: a bench of empty answers would be quick and worth nothing. */
export async function answersOf(journey: Journey, url: string, token: string | null): Promise<readonly string[]> {
  const answers: string[] = []
  for (const variables of journey.variables) {
    const answer = await fetch(url, {
      method: 'POST',
      headers: headersOf(token),
      body: JSON.stringify({ query: journey.query, variables }),
      signal: AbortSignal.timeout(30_000),
    })
    const text = await answer.text()
    const missing = journey.holds.filter((part) => !text.includes(part))
    if (answer.status !== 200 || text.includes('"errors":') || missing.length > 0) {
      throw new Error(
        `Cannot measure ${journey.name}: ${answer.status} without ${missing.join(', ')}: ${text.slice(0, 500)}`,
      )
    }
    answers.push(text)
  }
  return answers
}

function headersOf(token: string | null): Readonly<Record<string, string>> {
  return { 'content-type': 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) }
}
