import { setTimeout as wait } from 'node:timers/promises'
import { createPostgresEventLog } from '../../../platform/event-log/postgres.ts'
import type { WakeBus } from '../../../platform/event-log/wake-bus.ts'
import type { Database } from '../../../platform/sql/database.ts'
import { type Child, startChild } from '../../support/child.ts'
import { freePort, type TestRedis } from '../../support/redis.ts'
import { orderEvent, stockEvent } from './push-graph.ts'
import { type SoakClient, startSoakClient, type Transport } from './soak-client.ts'

export type SoakOptions = {
  readonly database: Database
  readonly databaseUrl: string
  readonly wakeBus: WakeBus
  /** Killed now and then, when there is one. */
  readonly redis: TestRedis | null
  /** A third over each transport; a third of all is slow, every fourth follows a conflated stream. */
  readonly clients: number
  readonly events: number
  /** kill -9 of a gateway, spread over the events; with a Redis, that one dies and comes back in turn. */
  readonly kills: number
  readonly log: (line: string) => void
  readonly timeoutMs: number
}

export type SoakResult = {
  readonly events: number
  readonly connects: number
  readonly kills: number
  readonly delivered: number
  /** One line for each client that did not end as it must. */
  readonly wrong: readonly string[]
}

const orderQuery = 'subscription { orderChanged { __typename ... on OrderEvent { eventId sequence order { id } } } }'
const stockQuery = 'subscription { stockMoved { __typename ... on StockEvent { sequence itemId units } } }'
const transports: readonly Transport[] = ['websocket', 'sse', 'multipart']
const keys = 50

/** Appends events while clients come and go, gateways are killed and Redis dies; then compares with the log. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { database, clients: count, log } = options
  const eventLog = createPostgresEventLog({ database, wakeBus: options.wakeBus })
  const ports = [await freePort(), await freePort()]
  const urls = ports.map((port) => `http://127.0.0.1:${port}`)
  const start = (port: number): Child =>
    startChild('../gateway/push/gateway-child.ts', [
      options.databaseUrl,
      String(port),
      options.redis?.url ?? '',
      'hasty',
    ])
  const gateways = ports.map(start)
  await Promise.all(gateways.map((gateway) => gateway.line('listening', 60_000)))
  const stopping = new AbortController()
  const followed: SoakClient[] = []
  try {
    for (let index = 0; index < count; index += 1) {
      const query = index % 4 === 3 ? stockQuery : orderQuery
      const offset = index % 2 === 0 ? urls : [...urls].reverse()
      followed.push(
        startSoakClient({
          urls: offset,
          transport: transports[index % 3] ?? 'sse',
          query,
          cursor: await beginning(offset[0] ?? '', query),
          slowMs: index % 9 < 3 ? 20 : 0,
          keep: (payload) => (payload.__typename === 'OrderEvent' ? payload.eventId : payload),
        }),
      )
    }
    const kills: Kills = { due: 0, done: 0 }
    const disturbing = disturb(options, kills, followed, gateways, ports, start, stopping.signal)
    await appendAll(options, kills, eventLog, () => `${toldTo(followed)} told`)
    const { orders, finals } = await readBack(database)
    const endMs = performance.now() + options.timeoutMs
    const isDone = (client: SoakClient, index: number) =>
      index % 4 === 3 ? endsOn(client, finals) : client.told.length >= orders.length
    for (let looks = 0; performance.now() < endMs; looks += 1) {
      const done = followed.filter(isDone).length
      if (done === count && kills.done === options.kills) break
      if (looks % 50 === 0) {
        log(`all ${options.events} events are appended; ${toldTo(followed)} told, ${done} of ${count} clients have all`)
      }
      await wait(200)
    }
    stopping.abort()
    await disturbing
    await wait(500)
    const wrong = followed.flatMap((client, index) =>
      (index % 4 === 3 ? checkConflated(client, finals) : checkLossless(client, orders)).map(
        (why) => `client ${index} over ${client.transport}: ${why}`,
      ),
    )
    return {
      events: options.events,
      connects: followed.reduce((sum, client) => sum + client.connects(), 0),
      kills: kills.done,
      delivered: toldTo(followed),
      wrong,
    }
  } finally {
    stopping.abort()
    await Promise.all(followed.map((client) => client.stop()))
    await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()))
  }
}

/** Where the log stands before anything happens: every client starts there. */
async function beginning(url: string, query: string): Promise<string> {
  const aborter = new AbortController()
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'multipart/mixed;subscriptionSpec=1.0' },
    body: JSON.stringify({ query }),
    signal: aborter.signal,
  })
  const cursor = response.headers.get('x-stream-cursor')
  aborter.abort()
  if (cursor === null) throw new Error(`no cursor, got ${response.status}`)
  return cursor
}

/** Kills that are due by the events appended so far, and those carried out. */
type Kills = { due: number; done: number }

function toldTo(clients: readonly SoakClient[]): number {
  return clients.reduce((sum, client) => sum + client.told.length, 0)
}

async function appendAll(
  { database, events, kills: mostKills, log }: SoakOptions,
  kills: Kills,
  eventLog: ReturnType<typeof createPostgresEventLog>,
  progress: () => string,
): Promise<void> {
  const batch = 50
  for (let made = 0; made < events; made += batch) {
    const list = Array.from({ length: Math.min(batch, events - made) }, (_, index) => {
      const number = made + index
      const key = String(Math.floor(Math.random() * keys))
      return number % 2 === 0 ? orderEvent(`o${key}`, `S${number}`) : stockEvent(`i${key}`, number)
    })
    await database.transaction((transaction) => eventLog.append(transaction, list))
    eventLog.wake()
    kills.due = Math.floor(((made + batch) / events) * mostKills)
    if (made % 5_000 === 0) log(`${made} of ${events} events are appended, ${progress()}`)
    await wait(5)
  }
}

async function disturb(
  options: SoakOptions,
  kills: Kills,
  clients: readonly SoakClient[],
  gateways: Child[],
  ports: readonly number[],
  start: (port: number) => Child,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await wait(250)
    for (const client of clients) if (Math.random() < 0.04) client.breakOff()
    if (kills.done >= Math.min(kills.due, options.kills)) continue
    const victim = kills.done % gateways.length
    const killsRedis = options.redis !== null && kills.done % 2 === 0
    options.log(`kill -9 of gateway ${victim}${killsRedis ? ', and of Redis' : ''}`)
    await gateways[victim]?.kill('SIGKILL')
    if (killsRedis) await options.redis?.kill()
    const next = start(ports[victim] ?? 0)
    gateways[victim] = next
    await next.line('listening', 60_000)
    if (!killsRedis) await options.redis?.start()
    kills.done += 1
  }
}

type Final = ReadonlyMap<string, number>

async function readBack(database: Database) {
  const { rows } = await database.query<{ id: string; type: string; subject: string; data: { units?: number } }>(
    'select id, type, subject, data from event_log.events order by transaction_id, row_id',
  )
  const finals = new Map<string, number>()
  for (const { type, subject, data } of rows) if (type === 'test.stock.moved.v1') finals.set(subject, data.units ?? 0)
  const orders = rows.filter(({ type }) => type === 'test.order.changed.v1').map(({ id }) => id)
  return { orders, finals }
}

/** Looks from the end, as it is asked again and again. */
function endsOn({ told }: SoakClient, finals: Final): boolean {
  const left = new Set(finals.keys())
  for (let index = told.length - 1; index >= 0 && left.size > 0; index -= 1) {
    const { itemId, units } = told[index]
    if (left.delete(itemId) && units !== finals.get(itemId)) return false
  }
  return left.size === 0
}

function checkLossless({ told }: SoakClient, orders: readonly string[]): readonly string[] {
  const strange = told.filter((eventId) => typeof eventId !== 'string')
  if (strange.length > 0) return [`was told ${JSON.stringify(strange[0])}`]
  const at = told.findIndex((eventId, index) => eventId !== orders[index])
  if (at >= 0) return [`event ${at} of ${orders.length} is not the log's`]
  return told.length === orders.length ? [] : [`was told ${told.length} of ${orders.length}`]
}

function checkConflated({ told }: SoakClient, finals: Final): readonly string[] {
  const last = new Map<string, { units: number; sequence: number }>()
  for (const { itemId, units, sequence } of told) {
    const before = last.get(itemId)
    if (before !== undefined && before.sequence >= sequence) return [`was told ${itemId} backwards`]
    last.set(itemId, { units, sequence })
  }
  return [...finals].flatMap(([item, units]) =>
    last.get(item)?.units === units ? [] : [`ends ${item} on ${last.get(item)?.units}, not ${units}`],
  )
}
