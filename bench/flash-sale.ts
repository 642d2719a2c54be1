import { type ChildProcess, spawn } from 'node:child_process'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { restartPauseMs } from '../app/workers.ts'
import type { Database } from '../platform/sql/database.ts'
import { openPostgres } from '../platform/sql/postgres.ts'
import { openReservationEngine } from './reservation-engine.ts'

export type FlashSaleOptions = {
  /** An empty database. */
  readonly url: string
  readonly units: number
  readonly buyers: number
  readonly seconds: number
  /** Processes that sell, as by `npm start -- --workers`; buyers ask one after the other. */
  readonly sellers: number
  /** kill -9 of one of them in the middle; it is started again, and buyers it told nothing ask another with the same key. */
  readonly kill: boolean
}

export type FlashSaleReport = {
  readonly sold: number
  readonly short: number
  /** Confirmed units in the store, and those still held when all has run out. */
  readonly confirmed: number
  readonly held: number
  readonly drift: number
  /** Buyers told "sold" whose unit the store does not have. */
  readonly lost: number
  readonly p99Ms: number
  /** Of other SKUs: before the sale and during it, from the first question to the answer, whoever gave it. */
  readonly calmP99Ms: number
  readonly otherP99Ms: number
  /** Buyers of any SKU whom a killed process told nothing. */
  readonly interrupted: number
  /** From the kill until the process that takes the killed one's place sells; 0: none was killed. */
  readonly restartMs: number
}

/** Sells one hot SKU to many buyers at once through processes of their own over one store, which outlives them. */
export async function runFlashSale(options: FlashSaleOptions): Promise<FlashSaleReport> {
  const { url, units, buyers, seconds, kill } = options
  await using database = openPostgres({ url, poolSize: 2 })
  await using engine = await openReservationEngine(database)
  await engine.stock('hot', units)
  for (let n = 0; n < coldSkus; n += 1) await engine.stock(`cold${n}`, 1_000_000)
  const shop = await openShop(url, options.sellers)
  const sold = new Set<string>()
  let short = 0
  let left = 0
  const hotMs: number[] = []
  const buy = async (variant: string, buyer: string, latencies: number[]): Promise<void> => {
    const beganMs = performance.now()
    // The same key each time: whoever is told nothing asks again. Who was too late begins anew.
    let begun = 0
    let interrupted = false
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const answer = await shop.ask(`${variant} ${buyer} ${begun}`)
      if (answer === 'late') begun += 1
      if (answer === 'gone') {
        interrupted = true
        continue
      }
      if (answer === 'error' || answer === 'late') {
        await pause(100)
        continue
      }
      if (interrupted) left += 1
      latencies.push(performance.now() - beganMs)
      if (variant === 'hot' && answer === 'sold') sold.add(buyer)
      if (variant === 'hot' && answer === 'short') short += 1
      return
    }
    throw new Error(`${buyer} was never answered`)
  }
  const cold = async (count: number, prefix: string, latencies: number[], overMs: number) => {
    await spread(count, overMs, (n) => buy(`cold${n % coldSkus}`, `${prefix}${n}`, latencies))
  }
  await cold(40, 'warm', [], 1_000)
  const calmMs: number[] = []
  // As many as during the sale, or the two percentiles were of different kinds.
  await cold(20 * seconds, 'calm', calmMs, seconds * 1_000)
  const otherMs: number[] = []
  const killing = kill
    ? (async () => {
        await pause((seconds * 1_000) / 20)
        await shop.killOne()
      })()
    : Promise.resolve()
  await Promise.all([
    spread(buyers, seconds * 1_000, (n) => buy('hot', `buyer${n}`, hotMs)),
    cold(20 * seconds, 'other', otherMs, seconds * 1_000),
    killing,
  ])
  await untilTidy(database)
  shop.close()
  const { rows } = await database.query<{ owner: string; confirmed: number; held: number }>(
    "select owner_id as owner, confirmed, held from inventory.reservations where variant_id = 'hot' and confirmed + held > 0",
    [],
  )
  const owners = new Set(rows.filter((row) => row.confirmed > 0).map((row) => row.owner))
  return {
    sold: sold.size,
    short,
    confirmed: rows.reduce((sum, row) => sum + row.confirmed, 0),
    held: rows.reduce((sum, row) => sum + row.held, 0),
    drift: (await engine.drift()).length,
    lost: [...sold].filter((buyer) => !owners.has(buyer)).length,
    p99Ms: p99(hotMs),
    calmP99Ms: p99(calmMs),
    otherP99Ms: p99(otherMs),
    interrupted: left,
    restartMs: Math.round(shop.restartMs()),
  }
}

const coldSkus = 20
const mostAttempts = 300

/** Several sellers behind one door. */
type Shop = {
  /** Resolves with `gone` when the process that was asked dies; while none lives, waits for the next. */
  ask(question: string): Promise<string>
  /** kill -9, then another is started in its place, as soon as the product starts one. Resolves when that one sells. */
  killOne(): Promise<void>
  restartMs(): number
  close(): void
}

async function openShop(url: string, count: number): Promise<Shop> {
  const sellers = await Promise.all(Array.from({ length: count }, () => startSeller(url)))
  let restarted: Promise<void> = Promise.resolve()
  let restartMs = 0
  let turn = 0
  return {
    async ask(question) {
      if (sellers.length === 0) await restarted
      turn += 1
      return (await sellers[turn % sellers.length]?.ask(question)) ?? 'gone'
    },
    async killOne() {
      sellers.shift()?.kill()
      const beganMs = performance.now()
      restarted = pause(restartPauseMs)
        .then(() => startSeller(url))
        .then((seller) => {
          restartMs = performance.now() - beganMs
          sellers.push(seller)
        })
      await restarted
    },
    restartMs: () => restartMs,
    close() {
      for (const seller of sellers) seller.kill()
    },
  }
}

type Seller = { ask(question: string): Promise<string>; kill(): void }

async function startSeller(url: string): Promise<Seller> {
  // From source in tests, compiled in the soak, as the product runs.
  const extension = extname(import.meta.url)
  const script = fileURLToPath(new URL(`./flash-sale-child${extension}`, import.meta.url))
  const flags = extension === '.ts' ? ['--import', 'tsx'] : process.execArgv
  const child: ChildProcess = spawn(process.execPath, [...flags, script, url], { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting = new Map<string, (answer: string) => void>()
  let dead = false
  let next = 0
  let ready: () => void = () => {}
  const started = new Promise<void>((resolve) => {
    ready = resolve
  })
  child.on('exit', () => {
    dead = true
    for (const answer of waiting.values()) answer('gone')
    waiting.clear()
  })
  child.stdin?.on('error', () => {})
  if (child.stdout === null) throw new TypeError('the seller has no output')
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'ready') ready()
    const [id = '', answer = ''] = line.split(' ')
    waiting.get(id)?.(answer)
    waiting.delete(id)
  })
  await started
  return {
    ask(question) {
      if (dead) return Promise.resolve('gone')
      const id = String(next++)
      return new Promise((resolve) => {
        waiting.set(id, resolve)
        child.stdin?.write(`${id} ${question}\n`)
      })
    },
    kill: () => child.kill('SIGKILL'),
  }
}

/** Resolves when nothing is held any more. */
async function untilTidy(database: Database): Promise<void> {
  const endMs = Date.now() + 60_000
  while (Date.now() < endMs) {
    const { rows } = await database.query<{ left: boolean }>(
      'select exists (select 1 from inventory.reservations where held > 0) as left',
      [],
    )
    if (rows[0]?.left === false) return
    await pause(200)
  }
}

async function spread(count: number, overMs: number, work: (n: number) => Promise<void>): Promise<void> {
  const beganMs = performance.now()
  const running: Promise<void>[] = []
  for (let n = 0; n < count; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - beganMs) / overMs) * count) + 1)
    while (n < due) running.push(work(n++))
    await pause(5)
  }
  await Promise.all(running)
}

function p99(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0)
}
