import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { assetPath } from '../platform/assets.ts'
import { openPostgres } from '../platform/sql/postgres.ts'
import { openReservationEngine } from './reservation-engine.ts'

export type FlashSaleOptions = {
  /** An empty database. */
  readonly url: string
  readonly units: number
  readonly buyers: number
  readonly seconds: number
  /** kill -9 of the selling process in the middle; another one takes over and buyers ask again with their key. */
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
  /** Of another SKU: before the sale and during it. Of those the killed process left unanswered there is only the number. */
  readonly calmP99Ms: number
  readonly otherP99Ms: number
  readonly interrupted: number
}

/** Sells one hot SKU to many buyers at once through a process of its own. */
export async function runFlashSale({ url, units, buyers, seconds, kill }: FlashSaleOptions): Promise<FlashSaleReport> {
  await using database = openPostgres({ url, poolSize: 2 })
  await using engine = await openReservationEngine(database)
  await engine.stock('hot', units)
  for (let n = 0; n < coldSkus; n += 1) await engine.stock(`cold${n}`, 1_000_000)
  // Whoever is told nothing waits for the one that takes over.
  let seller = startSeller(url)
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
      const answer = await (await seller).ask(`${variant} ${buyer} ${begun}`)
      if (answer === 'late') begun += 1
      if (answer === 'gone') interrupted = true
      if (answer === 'gone' || answer === 'error' || answer === 'late') {
        await new Promise((resolve) => setTimeout(resolve, 100))
        continue
      }
      if (interrupted) left += 1
      else latencies.push(performance.now() - beganMs)
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
  const calmSeconds = Math.min(seconds, 10)
  await cold(20 * calmSeconds, 'calm', calmMs, calmSeconds * 1_000)
  const otherMs: number[] = []
  const killing = kill
    ? (async () => {
        await new Promise((resolve) => setTimeout(resolve, (seconds * 1_000) / 20))
        const dead = await seller
        dead.kill()
        seller = startSeller(url)
      })()
    : Promise.resolve()
  await Promise.all([
    spread(buyers, seconds * 1_000, (n) => buy('hot', `buyer${n}`, hotMs)),
    cold(20 * seconds, 'other', otherMs, seconds * 1_000),
    killing,
  ])
  const last = await seller
  await last.untilTidy(database)
  last.kill()
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
  }
}

const coldSkus = 20
const mostAttempts = 300

type Seller = {
  ask(question: string): Promise<string>
  /** Resolves when nothing is held any more. */
  untilTidy(database: { query: ReturnType<typeof openPostgres>['query'] }): Promise<void>
  kill(): void
}

async function startSeller(url: string): Promise<Seller> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', 'tsx', assetPath('bench/flash-sale-child.ts'), url],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
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
    async untilTidy(database) {
      const endMs = Date.now() + 60_000
      while (Date.now() < endMs) {
        const { rows } = await database.query<{ left: boolean }>(
          'select exists (select 1 from inventory.reservations where held > 0) as left',
          [],
        )
        if (rows[0]?.left === false) return
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    },
    kill: () => child.kill('SIGKILL'),
  }
}

async function spread(count: number, overMs: number, work: (n: number) => Promise<void>): Promise<void> {
  const beganMs = performance.now()
  const running: Promise<void>[] = []
  for (let n = 0; n < count; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - beganMs) / overMs) * count) + 1)
    while (n < due) running.push(work(n++))
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await Promise.all(running)
}

function p99(values: readonly number[]): number {
  return Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0)
}
