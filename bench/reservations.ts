/**
 * Reservations per second of one hot SKU through the engine, against the plain one-row UPDATE, on one durable embedded
 * PostgreSQL, turn and turn about, in a process with the flags of `npm start`. The time of the clients, whose part is to make up a
 * command and to note how long it took, is within Node's on both sides. `npm run bench:reservations [-- seconds per turn, turns]`
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '../platform/sql/database.ts'
import { startEmbeddedPostgres } from '../platform/sql/embedded.ts'
import { openPostgres } from '../platform/sql/postgres.ts'
import { cpuMsOf } from './process-cpu.ts'
import { openReservationEngine, type ReservationEngine } from './reservation-engine.ts'

const seconds = Number(process.argv[2] ?? 6)
const turns = Number(process.argv[3] ?? 3)
// Two groups: while one is written, those of the other ask again.
const clients = 1_024
const plainClients = 20

const folder = await mkdtemp(join(tmpdir(), 'storeloom-bench-'))
const server = await startEmbeddedPostgres({ folder, log: () => {} })
try {
  await server.ensureDatabase('bench')
  await using database = openPostgres({ url: server.url('bench'), poolSize: plainClients })
  await using engine = await openReservationEngine(database)
  await engine.stock('hot', 50_000_000)
  await createPlain(database)
  await engine.stock('warm', 50_000_000)
  await runFor(seconds, clients, (n) => engine.reserve('warm', `w${n}`))
  await runFor(seconds, plainClients, () => reservePlainly(database))

  const grouped: Measured[] = []
  const plain: Measured[] = []
  for (let turn = 0; turn < turns; turn += 1) {
    plain.push(await measure(database, () => runFor(seconds, plainClients, () => reservePlainly(database))))
    grouped.push(await measure(database, () => runFor(seconds, clients, (n) => engine.reserve('hot', `${turn}-${n}`))))
  }
  await check(database, engine, grouped)
  const { rows } = await database.query<{ fsync: string; commit: string; version: string }>(
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit, current_setting('server_version') as version`,
  )
  const { groups, requests } = engine.counts()
  print('one-row UPDATE + INSERT', plainClients, plain)
  print('engine', clients, grouped)
  const ratio = median(grouped.map(rateOf)) / median(plain.map(rateOf))
  console.log(`ratio of medians ${ratio.toFixed(1)}; ${(requests / groups).toFixed(0)} requests per commit`)
  console.log(
    `PostgreSQL ${rows[0]?.version}, fsync ${rows[0]?.fsync}, synchronous_commit ${rows[0]?.commit}, Node ${process.version}`,
  )
} finally {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}

type Turn = { readonly done: number; readonly ms: number; readonly latenciesMs: readonly number[] }
/** With the processor time it took of this process and of all of the server's. */
type Measured = Turn & { readonly nodeMs: number; readonly serverMs: number }

async function measure(database: Database, run: () => Promise<Turn>): Promise<Measured> {
  const serverBeforeMs = await serverCpuMs(database)
  const before = process.cpuUsage()
  const turn = await run()
  const { user, system } = process.cpuUsage(before)
  return { ...turn, nodeMs: (user + system) / 1_000, serverMs: (await serverCpuMs(database)) - serverBeforeMs }
}

async function serverCpuMs(database: Database): Promise<number> {
  const { rows } = await database.query<{ pid: number }>('select pid from pg_stat_activity', [])
  const times = await Promise.all(rows.map(({ pid }) => cpuMsOf(pid)))
  return times.reduce((sum, ms) => sum + ms, 0)
}

async function runFor(turnSeconds: number, concurrency: number, work: (n: number) => Promise<unknown>): Promise<Turn> {
  const startedMs = performance.now()
  const endMs = startedMs + turnSeconds * 1_000
  const latenciesMs: number[] = []
  let next = 0
  const client = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const beganMs = performance.now()
      await work(next++)
      latenciesMs.push(performance.now() - beganMs)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, client))
  return { done: latenciesMs.length, ms: performance.now() - startedMs, latenciesMs }
}

async function createPlain(database: Database): Promise<void> {
  await database.query('create table plain_stock (sku text primary key, qty integer not null) with (fillfactor = 50)')
  await database.query(
    'create table plain_orders (id bigint generated always as identity primary key, sku text not null, at timestamptz not null default now())',
  )
  await database.query(`insert into plain_stock values ('hot', 50000000)`)
}

async function reservePlainly(database: Database): Promise<void> {
  const { rowCount } = await database.query(
    `with taken as (update plain_stock set qty = qty - 1 where sku = $1 and qty > 0 returning sku)
     insert into plain_orders (sku) select sku from taken`,
    ['hot'],
  )
  if (rowCount !== 1) throw new Error('the plain store is sold out')
}

/** What was acknowledged is what is there. */
async function check(database: Database, engine: ReservationEngine, grouped: readonly Turn[]): Promise<void> {
  const done = grouped.reduce((sum, turn) => sum + turn.done, 0)
  const { rows } = await database.query<{ held: bigint; events: bigint }>(
    `select (select count(*) from inventory.reservations where variant_id = 'hot') as held,
       (select sum(coalesce(jsonb_array_length(data->'columns'->'reservationId'), 1)) from event_log.events where data->>'variantId' = 'hot') as events`,
    [],
  )
  if (Number(rows[0]?.held) !== done || Number(rows[0]?.events) !== done) {
    throw new Error(`the books are wrong: ${done} done, ${rows[0]?.held} held, ${rows[0]?.events} events`)
  }
  const drift = await engine.drift()
  if (drift.length > 0) throw new Error(`the sums are wrong: ${JSON.stringify(drift)}`)
}

function print(name: string, concurrency: number, list: readonly Measured[]): void {
  const all = list.flatMap((turn) => turn.latenciesMs).sort((a, b) => a - b)
  const at = (share: number) => (all[Math.floor(share * (all.length - 1))] ?? 0).toFixed(1)
  const rates = list.map((turn) => Math.round(rateOf(turn)))
  const cpuUs = (pick: (turn: Measured) => number) =>
    ((list.reduce((sum, turn) => sum + pick(turn), 0) * 1_000) / Math.max(1, all.length)).toFixed(0)
  console.log(
    `${name.padEnd(24)} ${concurrency} clients  ${rates.join(' / ')} per s  p50 ${at(0.5)} ms  p99 ${at(0.99)} ms`,
  )
  console.log(
    `  CPU per reservation: Node ${cpuUs(({ nodeMs }) => nodeMs)} µs, PostgreSQL ${cpuUs(({ serverMs }) => serverMs)} µs`,
  )
}

function rateOf({ done, ms }: Turn): number {
  return (done / ms) * 1_000
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0
}
