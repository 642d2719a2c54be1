/**
 * Fan-out: subscribers of one stream, their memory in the gateway, and how late they are told; beside it a bare `ws`
 * server that sends the same text to as many sockets in the same run.
 *
 *   npm run bench:push                       2,000 and 10,000 sockets, 10,000 deliveries a second
 *   npm run bench:push -- 2000 20            so many sockets, for so many seconds
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { assetPath } from '../platform/assets.ts'
import { eventLogMigrations } from '../platform/event-log/migrations.ts'
import { createPostgresEventLog } from '../platform/event-log/postgres.ts'
import { createPostgresWakeBus } from '../platform/event-log/wake-bus-postgres.ts'
import { startEmbeddedPostgres } from '../platform/sql/embedded.ts'
import { migrate } from '../platform/sql/migrate.ts'
import { openPostgres } from '../platform/sql/postgres.ts'

const deliveriesPerSecond = 10_000
const [, , socketsGiven, secondsGiven] = process.argv
const sizes = socketsGiven === undefined ? [2_000, 10_000] : [Number(socketsGiven)]
const seconds = Number(secondsGiven ?? 20)

type Run = { readonly child: ChildProcess; line(prefix: string): Promise<string> }

function run(script: string, args: readonly string[]): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', assetPath(script), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: assetPath('.'),
  })
  const waiting = new Map<string, (rest: string) => void>()
  const lines: string[] = []
  const settle = () => {
    for (const [prefix, resolve] of waiting) {
      const at = lines.findIndex((line) => line.startsWith(prefix))
      const found = lines[at]
      if (found === undefined) continue
      lines.splice(at, 1)
      waiting.delete(prefix)
      resolve(found.slice(prefix.length).trim())
    }
  }
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line)
      settle()
    })
  }
  return {
    child,
    line: (prefix) =>
      new Promise((resolve) => {
        waiting.set(prefix, resolve)
        settle()
      }),
  }
}

/** Resident memory and processor time so far. */
function usageOf({ pid }: ChildProcess): { readonly rssKb: number; readonly cpuMs: number } {
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return { rssKb: Number(rss), cpuMs: (Number(stat[11]) + Number(stat[12])) * 10 }
}

async function measure(
  name: string,
  server: Run,
  url: string,
  count: number,
  tell: (number: number) => Promise<void>,
): Promise<void> {
  await wait(2_000)
  const before = usageOf(server.child)
  const startedMs = performance.now()
  const clients = run('bench/push/sockets.ts', [url, String(count), name === 'bare ws' ? 'bare' : 'graphql'])
  const open = Number(await clients.line('open'))
  const connectedMs = performance.now() - startedMs
  await wait(2_000)
  const connected = usageOf(server.child)
  const everyMs = (1_000 * count) / deliveriesPerSecond
  const loadedMs = performance.now()
  let events = 0
  for (; performance.now() - loadedMs < seconds * 1_000; events += 1) {
    await tell(events)
    await wait(Math.max(0, loadedMs + (events + 1) * everyMs - performance.now()))
  }
  const spentMs = performance.now() - loadedMs
  const after = usageOf(server.child)
  const lags: number[] = []
  let told = 0
  for (let look = 0; look < seconds + 20 && told < events * open; look += 1) {
    const line = JSON.parse(await clients.line('told'))
    told = line.told
    lags.push(...line.lags)
  }
  lags.sort((a, b) => a - b)
  const at = (share: number) => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))]
  console.log(
    [
      `${name}: ${open} sockets open in ${(connectedMs / 1_000).toFixed(1)} s`,
      `${((connected.rssKb - before.rssKb) / open).toFixed(1)} KB each`,
      `${told} of ${events * open} deliveries, ${Math.round(told / (spentMs / 1_000))}/s`,
      `lag p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, most ${lags.at(-1)} ms`,
      `processor ${((after.cpuMs - connected.cpuMs) / (spentMs / 100)).toFixed(0)} % of a core, ${(((after.cpuMs - connected.cpuMs) * 1_000) / told).toFixed(1)} µs a delivery`,
    ].join('; '),
  )
  clients.child.kill()
  await once(clients.child, 'exit')
}

const folder = await mkdtemp(join(tmpdir(), 'storeloom-bench-'))
const postgres = await startEmbeddedPostgres({ folder: join(folder, 'postgres'), log: () => {} })
await postgres.ensureDatabase('bench')
const database = openPostgres({ url: postgres.url('bench'), poolSize: 4 })
await migrate(database, [eventLogMigrations()])
const wakeBus = createPostgresWakeBus({ database, channel: 'push_test' })
const eventLog = createPostgresEventLog({ database, wakeBus })
try {
  for (const count of sizes) {
    const gateway = run('test/gateway/push/gateway-child.ts', [postgres.url('bench'), '0'])
    const url = `${(await gateway.line('listening')).replace('http', 'ws')}/graphql`
    await measure('storeloom', gateway, url, count, async (number) => {
      const orderId = `o${number % 50}`
      const event = {
        type: 'test.order.changed.v1',
        source: `/tenants/test/orders/order/${orderId}`,
        subject: orderId,
        time: new Date().toISOString(),
        data: { orderId, to: String(Date.now()), channel: 'web' },
        partitionKey: orderId,
        authority: 'test',
      }
      await database.transaction((transaction) => eventLog.append(transaction, [event]))
      eventLog.wake()
    })
    gateway.child.kill('SIGKILL')
    await once(gateway.child, 'exit')

    const bare = run('bench/push/broadcast.ts', [])
    const padding = 'x'.repeat(330)
    await measure('bare ws', bare, (await bare.line('listening')).replace('http', 'ws'), count, async () => {
      bare.child.stdin?.write(`{"to":"${Date.now()}","padding":"${padding}"}\n`)
    })
    bare.child.kill('SIGKILL')
    await once(bare.child, 'exit')
  }
} finally {
  await wakeBus[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
  await postgres[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
}
