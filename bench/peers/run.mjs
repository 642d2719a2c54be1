// One command: every gateway, three queries, interleaved rounds; prints the table of CPU and what goes with it.
//   node run.mjs [--rounds 3] [--seconds 4] [--connections 50] [--latency 0] [--only name,name] [--queries nested,one]
import { fork } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { Pool } from 'undici'
import { queries } from './graph.mjs'
import { recordPlans } from './record.mjs'

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '50' },
    latency: { type: 'string', default: '0' },
    only: { type: 'string' },
    queries: { type: 'string' },
  },
})
const connections = Number(options.connections)
const chosenQueries = (options.queries ?? Object.keys(queries).join()).split(',')

const all = {
  'apollo (stock)': { file: 'apollo.mjs' },
  'apollo + undici': { file: 'apollo-undici.mjs' },
  'hive (js)': { file: 'hive.mjs' },
  'hive (rust planner)': { file: 'hive.mjs', env: { PLANNER: 'rust' } },
  mercurius: { file: 'mercurius.mjs' },
  storeloom: { file: 'storeloom.mjs' },
  'storeloom executor': { file: 'storeloom-executor.mjs' },
  'storeloom executor (js plan)': { file: 'storeloom-executor.mjs', env: { PLANNER: 'apollo' } },
  'floor: same calls': { file: 'floor-calls.mjs' },
  'floor: canned': { file: 'floor-canned.mjs' },
}
const names = options.only === undefined ? Object.keys(all) : options.only.split(',')

// With two cores or more the gateway has one for itself; load and subgraphs share another.
const pin =
  cpus().length > 1
    ? (core, pid) =>
        import('node:child_process').then(({ spawnSync }) => spawnSync('taskset', ['-acp', String(core), String(pid)]))
    : async () => {}

const children = []
const start = (file, env = {}, core = 0) =>
  new Promise((resolve, reject) => {
    const child = fork(new URL(file, import.meta.url).pathname, [], {
      env: { ...process.env, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    children.push(child)
    const timer = setTimeout(() => reject(new Error(`${file} is not ready after 30 s`)), 30_000)
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
    child.once('message', (message) => {
      clearTimeout(timer)
      void pin(core, message.pid ?? child.pid).then(() => resolve({ child, ...message }))
    })
  })
process.on('exit', () => {
  for (const child of children) child.kill()
})

const cpuMs = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10
}
const rssMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024

let unique = 0
const ask = (gateway, query) =>
  new Promise((resolve, reject) => {
    const chunks = []
    gateway.pool.dispatch(
      {
        path: gateway.path,
        method: 'POST',
        body: JSON.stringify({ query }),
        headers: ['content-type', 'application/json', 'authorization', `Bearer ${unique++}`],
      },
      {
        onConnect: () => {},
        onHeaders: () => true,
        onData: (chunk) => chunks.push(chunk) > 0,
        onComplete: () => resolve(Buffer.concat(chunks).toString()),
        onError: reject,
      },
    )
  })

const load = async (gateway, query, milliseconds) => {
  const latencies = []
  const endMs = performance.now() + milliseconds
  const client = async () => {
    while (performance.now() < endMs) {
      const startMs = performance.now()
      await ask(gateway, query)
      latencies.push(performance.now() - startMs)
    }
  }
  await Promise.all(Array.from({ length: connections }, client))
  return latencies.sort((left, right) => left - right)
}

const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  )
}

const { ports, child: subgraphs } = await start('subgraphs.mjs', { LATENCY_MS: options.latency }, 1)
await pin(1, process.pid)
const askCalls = () =>
  new Promise((resolve) => {
    subgraphs.once('message', ({ calls }) => resolve(calls))
    subgraphs.send('calls')
  })

const { canned, calls } = await recordPlans(ports)
const gateways = []
for (const name of names) {
  const env = {
    ...all[name].env,
    SUBGRAPH_PORTS: JSON.stringify(ports),
    CANNED: JSON.stringify(canned),
    CALLS: JSON.stringify(calls),
  }
  try {
    const { child, port, path, pid } = await start(`gateways/${all[name].file}`, env, 0)
    child.removeAllListeners('exit')
    const pool = new Pool(`http://127.0.0.1:${port}`, { connections })
    gateways.push({ name, pid: pid ?? child.pid, path, pool, results: {} })
  } catch (error) {
    console.error(`${name} does not start: ${error.message}`)
  }
}

for (const key of chosenQueries) {
  const expected = JSON.stringify(sorted(JSON.parse(canned[queries[key]]).data))
  for (const gateway of gateways) {
    const answer = await ask(gateway, queries[key])
    let isSame = false
    try {
      isSame = JSON.stringify(sorted(JSON.parse(answer).data)) === expected
    } catch {
      isSame = false
    }
    if (!isSame) console.error(`${gateway.name} answers ${key} differently: ${answer.slice(-300)}`)
    gateway.results[key] = { calls: 0, isSame, cpu: [], rps: [], latencies: [] }
  }
}

const roundMs = Number(options.seconds) * 1000
for (let round = 0; round <= Number(options.rounds); round++) {
  for (const key of chosenQueries) {
    for (const gateway of gateways) {
      const startCalls = await askCalls()
      const startMs = performance.now()
      const startCpuMs = cpuMs(gateway.pid)
      const latencies = await load(gateway, queries[key], round === 0 ? Math.min(roundMs, 3000) : roundMs)
      if (round === 0) continue
      const result = gateway.results[key]
      result.cpu.push((cpuMs(gateway.pid) - startCpuMs) / latencies.length)
      result.rps.push((latencies.length / (performance.now() - startMs)) * 1000)
      result.latencies.push(latencies)
      // Under load: below the plan's calls means that calls of different principals were joined.
      result.calls = ((await askCalls()) - startCalls) / latencies.length
    }
  }
}

const mean = (numbers) => numbers.reduce((total, number) => total + number, 0) / numbers.length
const percentile = (rounds, part) =>
  mean(rounds.map((latencies) => latencies[Math.floor(latencies.length * part)] ?? 0))
const stock = gateways.find(({ name }) => name === 'apollo (stock)')
for (const key of chosenQueries) {
  console.log(
    `\n${key}\n| gateway | CPU-ms | × stock | calls | RPS | p50 ms | p99 ms | RSS MB | spread % | same answer |\n|---|---|---|---|---|---|---|---|---|---|`,
  )
  for (const gateway of gateways) {
    const { cpu, rps, latencies, calls: perRequest, isSame } = gateway.results[key]
    const own = mean(cpu)
    const times = stock === undefined ? '' : (mean(stock.results[key].cpu) / own).toFixed(1)
    const spread = ((Math.max(...cpu) - Math.min(...cpu)) / own) * 100
    console.log(
      `| ${gateway.name} | ${own.toFixed(3)} | ${times} | ${perRequest.toFixed(1)} | ${mean(rps).toFixed(0)} | ${percentile(latencies, 0.5).toFixed(1)} | ${percentile(latencies, 0.99).toFixed(1)} | ${rssMb(gateway.pid).toFixed(0)} | ${spread.toFixed(0)} | ${isSame ? 'yes' : 'NO'} |`,
    )
  }
}
process.exit()
