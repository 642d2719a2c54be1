import { once } from 'node:events'
import { connect } from 'node:net'
import { expect } from 'vitest'
import { governed, startGoverned, widePlans } from './governed-gateway.ts'
import { type Asked, ask, defaultLimits, type StartedGateway } from './start-gateway.ts'

/** A gateway as production has it: anonymous clients are told no schema; short timeouts, so that slowness shows soon. */
export function startTarget(): Promise<StartedGateway> {
  return startGoverned(
    governed({ plans: widePlans({ maxCost: 2_000 }), mayIntrospect: (viewer) => viewer.kind !== 'anonymous' }),
    {
      limits: { ...defaultLimits, headersTimeoutMs: 1_000, bodyTimeoutMs: 1_500, responseLimitBytes: 40_000 },
    },
  )
}

/** What a refusal must never hold. */
const internals = [/\bat .+:\d+:\d+/, /node_modules/, /file:\/\//, /127\.0\.0\.1/, /\bshop\b/, /Did you mean/]

/**
 * Sends an attack while an ordinary client goes on asking, and holds what every attack must meet: no 5xx, nothing
 * internal in the answer, nothing logged as INTERNAL, and the ordinary client answered within a second.
 * @returns the answer to the attack
 */
export async function contain(target: StartedGateway, attack: () => Promise<Asked>): Promise<Asked> {
  const [answer] = await alongside(target, attack)
  expectHarmless(answer.status, JSON.stringify(answer.body))
  expect(target.internal.splice(0)).toEqual([])
  return answer
}

/** What the ordinary client asks, and must be answered. */
export type Ordinary = { readonly query: string; readonly data: unknown }

const someThings: Ordinary = { query: '{ things(first: 1) { id } }', data: { things: [{ id: 't0' }] } }

/**
 * Runs something while an ordinary client asks again and again; holds that each of its answers came within a second, of what this
 * process waited and worked meanwhile. What other processes take of the machine is not the gateway's to answer for.
 */
export async function alongside<T>(
  target: Pick<StartedGateway, 'url'>,
  run: () => Promise<T>,
  { query, data }: Ordinary = someThings,
): Promise<readonly [T, number]> {
  let isRunning = true
  let slowest = 0
  const ordinary = (async () => {
    do {
      const loop = performance.eventLoopUtilization()
      const cpu = process.cpuUsage()
      const { body } = await ask(target.url, query, {}, { 'x-client': 'ordinary' })
      const { idle: waitedMs, active: activeMs } = performance.eventLoopUtilization(loop)
      const { user, system } = process.cpuUsage(cpu)
      slowest = Math.max(slowest, waitedMs + Math.min(activeMs, (user + system) / 1_000))
      expect(body.data).toEqual(data)
      await new Promise((resolve) => setTimeout(resolve, 10))
    } while (isRunning)
  })()
  try {
    const result = await run()
    return [result, slowest]
  } finally {
    isRunning = false
    await ordinary
    expect(slowest).toBeLessThan(1_000)
  }
}

export function expectHarmless(status: number, text: string): void {
  expect(status).toBeLessThan(500)
  if (status >= 400) expect(text.length).toBeLessThan(40_000)
  for (const internal of internals) expect(text).not.toMatch(internal)
  expect(text).not.toContain(process.cwd())
}

export const outcomeOf = ({ status, body }: Asked) => [status, body.errors?.[0]?.extensions.code ?? 'ok']

/** Writes bytes to a socket and reads until the other side ends or 10 s have passed. */
export async function sendRaw(url: string, ...parts: readonly (string | Uint8Array)[]): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  await once(socket, 'connect')
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const cut = setTimeout(() => socket.destroy(), 10_000)
  for (const part of parts) {
    if (socket.destroyed || !socket.writable) break
    if (!socket.write(part)) await Promise.race([once(socket, 'drain').catch(() => {}), closed])
  }
  await closed
  clearTimeout(cut)
  return Buffer.concat(chunks).toString('utf8')
}

export const statusIn = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
