// One command: every gateway, interleaved rounds; prints the tables of CPU and what goes with it.
//   node run.mjs [--tables tuned|fresh|both] [--rounds 3] [--seconds 4] [--connections n] [--latency ms]
//                [--only name,name] [--queries nested,one]
// Table `tuned`: what the gateway was tuned on, 50 connections, subgraphs that answer at once. Table `fresh`: queries
// written after the tuning, 200 connections, subgraphs that take 20 ms.
import { fork, spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { fresh, tuned } from './graph.mjs'
import { cpuMs, createClient, mean, percentile, rssMb, sortedData } from './measure.mjs'
import { recordPlans } from './record.mjs'

const { values: options } = parseArgs({
  options: {
    tables: { type: 'string', default: 'tuned' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string' },
    latency: { type: 'string' },
    only: { type: 'string' },
    queries: { type: 'string' },
  },
})
const allTables = {
  tuned: { queries: tuned, connections: 50, latencyMs: 0 },
  fresh: { queries: fresh, connections: 200, latencyMs: 20 },
}
const tables = options.tables === 'both' ? ['tuned', 'fresh'] : options.tables.split(',')

// As each is started by those who make it: ours by `npm run gateway`, with a larger young generation; the floors with the same.
const young = ['--max-semi-space-size=64']
const all = {
  'apollo (stock)': { file: 'apollo.mjs' },
  'apollo + undici': { file: 'apollo-undici.mjs' },
  'hive (js)': { file: 'hive.mjs' },
  'hive (rust planner)': { file: 'hive.mjs', env: { PLANNER: 'rust' } },
  mercurius: { file: 'mercurius.mjs' },
  storeloom: { file: 'storeloom.mjs' },
  'storeloom executor': { file: 'storeloom-executor.mjs', args: young },
  'storeloom executor (js plan)': { file: 'storeloom-executor.mjs', args: young, env: { PLANNER: 'apollo' } },
  'floor: same calls': { file: 'floor-calls.mjs', args: young },
  'floor: canned': { file: 'floor-canned.mjs', args: young },
}
const names = options.only === undefined ? Object.keys(all) : options.only.split(',')

// With two cores or more the gateway has one for itself; load and subgraphs share another.
const pin = (core, pid) => {
  if (cpus().length > 1) spawnSync('taskset', ['-acp', String(core), String(pid)])
}

const children = []
process.on('exit', () => {
  for (const child of children) child.kill()
})
const start = (file, { env = {}, args = [] }, core) =>
  new Promise((resolve, reject) => {
    const child = fork(new URL(file, import.meta.url).pathname, [], {
      env: { ...process.env, NODE_ENV: 'production', ...env },
      execArgv: args,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    children.push(child)
    const timer = setTimeout(() => reject(new Error(`${file} is not ready after 60 s`)), 60_000)
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
    child.once('message', (message) => {
      clearTimeout(timer)
      child.removeAllListeners('exit')
      pin(core, message.pid ?? child.pid)
      resolve({ child, pid: child.pid, ...message })
    })
  })

const { ports, child: subgraphs } = await start('subgraphs.mjs', {}, 1)
pin(1, process.pid)
const countCalls = () =>
  new Promise((resolve) => {
    subgraphs.once('message', ({ calls }) => resolve(calls))
    subgraphs.send({ kind: 'calls' })
  })

const { canned, calls } = await recordPlans(ports)
const env = { SUBGRAPH_PORTS: JSON.stringify(ports), CANNED: JSON.stringify(canned), CALLS: JSON.stringify(calls) }
const gateways = []
const absent = []
for (const name of names) {
  try {
    const started = await start(`gateways/${all[name].file}`, { ...all[name], env: { ...all[name].env, ...env } }, 0)
    gateways.push({ name, ...started })
  } catch (error) {
    console.error(`${name} does not start: ${error.message}`)
    absent.push(name)
  }
}

const roundMs = Number(options.seconds) * 1000
const measureTable = async ({ queries, connections, latencyMs }) => {
  const chosen = Object.keys(queries).filter((key) => options.queries?.split(',').includes(key) ?? true)
  subgraphs.send({ kind: 'latency', latencyMs })
  const clients = new Map(gateways.map((gateway) => [gateway, createClient(gateway, connections)]))
  const results = new Map()
  for (const key of chosen) {
    for (const [gateway, client] of clients) {
      const answer = await client.ask(JSON.stringify(queries[key]))
      const isSame = sortedData(answer) === sortedData(canned[queries[key].query])
      if (!isSame) console.error(`${gateway.name} answers ${key} differently: ${answer.slice(-300)}`)
      results.set(`${key} ${gateway.name}`, { calls: 0, isSame, cpu: [], rps: [], latencies: [], rss: 0 })
    }
  }
  for (let round = 0; round <= Number(options.rounds); round++) {
    for (const key of chosen) {
      for (const [gateway, client] of clients) {
        const result = results.get(`${key} ${gateway.name}`)
        const body = JSON.stringify(queries[key])
        const startCalls = await countCalls()
        const startMs = performance.now()
        const startCpuMs = cpuMs(gateway.pid)
        const latencies = await client.load(body, round === 0 ? Math.min(roundMs, 3000) : roundMs)
        if (round === 0) continue
        result.cpu.push((cpuMs(gateway.pid) - startCpuMs) / latencies.length)
        result.rps.push((latencies.length / (performance.now() - startMs)) * 1000)
        result.latencies.push(latencies)
        result.rss = rssMb(gateway.pid)
        // Under load: below the plan's calls means that calls of different principals were joined.
        result.calls = ((await countCalls()) - startCalls) / latencies.length
      }
    }
  }
  await Promise.all([...clients.values()].map((client) => client.close()))
  return { chosen, results }
}

const columns = [
  'gateway',
  'CPU-ms',
  '÷ stock',
  '× floor',
  'calls',
  'RPS',
  'p50 ms',
  'p99 ms',
  'RSS MB',
  'spread %',
  'same answer',
]
const printTable = (name, { connections, latencyMs }, { chosen, results }) => {
  for (const key of chosen) {
    const cpuOf = (gateway) => mean(results.get(`${key} ${gateway}`)?.cpu ?? [])
    const stockMs = cpuOf('apollo (stock)')
    const floorMs = cpuOf('floor: same calls')
    console.log(`\n${name}: ${key}, ${connections} connections, ${latencyMs} ms of subgraph latency`)
    console.log(`| ${columns.join(' | ')} |\n|${columns.map(() => '---').join('|')}|`)
    for (const gateway of gateways) {
      const { cpu, rps, latencies, calls: perRequest, isSame, rss } = results.get(`${key} ${gateway.name}`)
      const own = mean(cpu)
      const ratio = (value) => (Number.isFinite(value) ? value.toFixed(1) : '')
      const spread = ((Math.max(...cpu) - Math.min(...cpu)) / own) * 100
      const cells = [
        gateway.name,
        own.toFixed(3),
        ratio(stockMs / own),
        ratio(own / floorMs),
        perRequest.toFixed(1),
        mean(rps).toFixed(0),
        percentile(latencies, 0.5).toFixed(1),
        percentile(latencies, 0.99).toFixed(1),
        rss.toFixed(0),
        spread.toFixed(0),
        isSame ? 'yes' : 'NO',
      ]
      console.log(`| ${cells.join(' | ')} |`)
    }
    for (const gateway of absent) console.log(`| ${gateway} |${' |'.repeat(columns.length - 2)} NO: does not start |`)
  }
}

console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}`)
for (const name of tables) {
  const table = allTables[name]
  if (table === undefined) throw new RangeError(`There is no table ${name}, allowed are tuned, fresh and both`)
  const asked = {
    ...table,
    connections: Number(options.connections ?? table.connections),
    latencyMs: Number(options.latency ?? table.latencyMs),
  }
  printTable(name, asked, await measureTable(asked))
}
process.exit()
