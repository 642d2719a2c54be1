/**
 * The storefront journey: the whole product in one process, governance on, against stock Apollo (a gateway before five
 * subgraphs, a process each) that answers the same data from memory. CPU time of all processes of a side for each request,
 * rate and latency, in interleaved rounds. Linux only: CPU is read from /proc.
 *
 *   npm run bench:storefront                  5 rounds of 5 seconds each, 10 connections
 *   npm run bench:storefront -- 3 4 50        so many rounds, of so many seconds, over so many connections
 *   npm run bench:storefront -- 3 4 50 20     beside it a second retailer that trades meanwhile, so many orders a minute
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { cpus, loadavg, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Journey, journeys } from './journeys/journeys.ts'
import { answersOf, loadWith } from './journeys/load.ts'
import { writeOpenPlans } from './journeys/open-plans.ts'
import { type Product, startProduct } from './journeys/product.ts'
import { comparable, readFacts } from './storefront/facts.ts'
import { startPeers } from './storefront/peers.ts'

const [, , roundsGiven, secondsGiven, connectionsGiven, ordersGiven] = process.argv
const rounds = Number(roundsGiven ?? 5)
const seconds = Number(secondsGiven ?? 5)
const connections = Number(connectionsGiven ?? 10)
const ordersPerMinute = Number(ordersGiven ?? 0)
const readyTimeoutMs = 300_000
const idleMs = 5_000
/**
 * Of each side before the first round. The product's code is compiled to machine code by threads of its own process during the
 * first 5,000 to 9,000 requests, which then cost up to four times as much.
 */
const warmUpRequests = 12_000

/** CPU-ms by process, or group of processes, used so far. */
type Side = { readonly name: string; readonly url: string; cpuMs(): Promise<Readonly<Record<string, number>>> }
type Round = { readonly cpuMs: Readonly<Record<string, number>>; readonly rps: number; p50: number; p99: number }

async function measure(side: Side, journey: Journey): Promise<Round> {
  const before = await side.cpuMs()
  const result = await loadWith(journey, { url: side.url, token: null, connections, amount: { seconds } })
  const after = await side.cpuMs()
  const answers = result['2xx']
  const cpuMs = Object.fromEntries(
    Object.keys(after).map((part) => [part, ((after[part] ?? 0) - (before[part] ?? 0)) / answers]),
  )
  return { cpuMs, rps: answers / result.duration, p50: result.latency.p50, p99: result.latency.p99 }
}

/** CPU-ms a side uses in a second while nobody asks it anything. */
async function upkeepOf(side: Side): Promise<number> {
  const from = { cpuMs: sum(await side.cpuMs()), at: performance.now() }
  await wait(idleMs)
  return ((sum(await side.cpuMs()) - from.cpuMs) / (performance.now() - from.at)) * 1_000
}

/** A retailer of its own, so that the other's facts stand still for comparing. */
async function startTrading(folder: string, plansFile: string): Promise<Product> {
  const dataDir = join(folder, 'trading')
  await mkdir(dataDir)
  const environment = { STORELOOM_DEMO_RATE: String(ordersPerMinute) }
  return startProduct({ dataDir, plansFile, readyTimeoutMs, environment })
}

async function checkSame(journey: Journey, sides: readonly Side[]): Promise<void> {
  const [ours, ...others] = await Promise.all(
    sides.map(async ({ url }) => (await answersOf(journey, url, null)).map(comparable)),
  )
  for (const answers of others) {
    const page = answers.findIndex((answer, index) => answer !== ours?.[index])
    if (page !== -1) {
      throw new Error(
        `Cannot compare: page ${page} is answered\n${ours?.[page]?.slice(0, 600)}\nand\n${answers[page]?.slice(0, 600)}`,
      )
    }
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

const sum = (parts: Readonly<Record<string, number>>) => Object.values(parts).reduce((total, ms) => total + ms, 0)

function show(name: string, measured: readonly Round[]) {
  const totals = measured.map(({ cpuMs }) => sum(cpuMs))
  return {
    side: name,
    'CPU-ms/request': median(totals).toFixed(3),
    spread: `${Math.min(...totals).toFixed(3)} to ${Math.max(...totals).toFixed(3)}`,
    'requests/s': Math.round(median(measured.map(({ rps }) => rps))),
    'p50 ms': median(measured.map(({ p50 }) => p50)),
    'p99 ms': median(measured.map(({ p99 }) => p99)),
  }
}

async function main(): Promise<void> {
  const [journey] = journeys
  if (journey === undefined) throw new TypeError('Cannot measure: there is no journey')
  const folder = await mkdtemp(join(tmpdir(), 'storeloom-storefront-'))
  try {
    const plansFile = await writeOpenPlans(folder)
    await using product = await startProduct({ dataDir: folder, plansFile, readyTimeoutMs })
    const facts = await readFacts(journey, `${product.url}/graphql`)
    await using peers = await startPeers(facts, folder)
    const sides: readonly Side[] = [
      { name: 'storeloom', url: `${product.url}/graphql`, cpuMs: async () => ({ process: await product.cpuMs() }) },
      { name: 'Apollo', url: peers.url, cpuMs: () => peers.cpuMs() },
    ]
    await checkSame(journey, sides)
    await using trading = ordersPerMinute > 0 ? await startTrading(folder, plansFile) : undefined
    const tradingSides: readonly Side[] =
      trading === undefined
        ? []
        : [
            {
              name: 'trading',
              url: `${trading.url}/graphql`,
              cpuMs: async () => ({ process: await trading.cpuMs() }),
            },
          ]
    const allSides = [...sides, ...tradingSides]
    console.log(
      `${facts.length} variants of ${journey.variables.length} pages are answered alike (asOf and ageMs by kind alone).`,
    )
    const measured = new Map<string, Round[]>(allSides.map(({ name }) => [name, []]))
    const loadBefore = loadavg()[0] ?? 0
    for (const { url } of allSides) {
      await loadWith(journey, { url, token: null, connections, amount: { requests: warmUpRequests } })
    }
    for (let round = 0; round < rounds; round++) {
      for (const side of allSides) measured.get(side.name)?.push(await measure(side, journey))
    }
    const upkeep: string[] = []
    for (const side of allSides) upkeep.push(`${side.name} ${(await upkeepOf(side)).toFixed(1)}`)
    const ours = measured.get('storeloom') ?? []
    const theirs = measured.get('Apollo') ?? []
    const only = (part: string) => theirs.map((round) => ({ ...round, cpuMs: { [part]: round.cpuMs[part] ?? 0 } }))
    console.table([
      show('storeloom: one process', ours),
      ...tradingSides.map(({ name }) => show(`… with ${ordersPerMinute} orders a minute`, measured.get(name) ?? [])),
      show('Apollo: gateway and five subgraphs', theirs),
      show('… its gateway alone', only('gateway')),
      show('… its subgraphs alone', only('subgraphs')),
    ])
    const ratios = (rounds: readonly Round[]) =>
      rounds.map(({ cpuMs }, index) => sum(cpuMs) / sum(ours[index]?.cpuMs ?? {}))
    const tell = (values: readonly number[]) =>
      `${median(values).toFixed(1)} (${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)})`
    console.log(`Times less CPU than all of Apollo: ${tell(ratios(theirs))}`)
    console.log(`Times less CPU than its gateway alone: ${tell(ratios(only('gateway')))}`)
    console.log(`CPU-ms a second of upkeep while idle, which is in the figures above: ${upkeep.join(', ')}`)
    const [cpu] = cpus()
    console.log(
      `${rounds} interleaved rounds of ${seconds} s, ${connections} connections, after ${warmUpRequests} requests to each side`,
    )
    console.log(`${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${release()}, Node ${process.version}`)
    console.log(`${new Date().toISOString()}, load ${loadBefore.toFixed(2)} before, ${loadavg()[0]?.toFixed(2)} after`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

await main()
