/**
 * 1,000,000 requests at the built bare gateway, a process of its own, one in ten of them a document never seen before:
 * its resident memory every 100,000, and whether it stays flat. `npm run soak:memory`, Linux.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSubgraphSchema } from '@apollo/subgraph'
import { graphql, parse } from 'graphql'
import { Pool } from 'undici'
import { assetPath } from '../platform/assets.ts'
import { composeSubgraphs } from '../schema/compose.ts'

const total = Number(process.argv[2] ?? 1_000_000)
const steps = 10
const uniqueEvery = 10
const connections = 64
/** By then the caches are full and the heap has found its size. */
const settledAfter = 4
const allowedGrowth = 0.1

const item = ({ id }: { readonly id: string }) => ({ id, title: `Item ${id}`, onHand: Number(id) })
const items = Array.from({ length: 20 }, (_, index) => item({ id: String(index) }))
const subgraphs = [
  {
    name: 'catalogue',
    sdl: 'type Query { items: [Item!]! item(id: ID!): Item } type Item @key(fields: "id") { id: ID! title: String! }',
    resolvers: { Query: { items: () => items, item: (_: unknown, key: { id: string }) => item(key) } },
  },
  {
    name: 'stock',
    sdl: 'type Item @key(fields: "id") { id: ID! onHand: Int }',
    resolvers: { Item: { __resolveReference: item } },
  },
].map(({ name, sdl, resolvers }) => ({
  name,
  sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) ${sdl}`,
  resolvers,
}))
const known = ['{ items { id title onHand } }', '{ item(id: "3") { title onHand } }', '{ items { title } }']

/** Answers from memory what it was asked before, so that the load leaves the processor to the gateway. */
async function serve({
  sdl,
  resolvers,
}: (typeof subgraphs)[number]): Promise<{ readonly server: Server; readonly url: string }> {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers }])
  const answers = new Map<string, string>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString()
      let answer = answers.get(body)
      if (answer === undefined) {
        const { query, variables } = JSON.parse(body)
        answer = JSON.stringify(await graphql({ schema, source: query, variableValues: variables }))
        if (answers.size < 1_000) answers.set(body, answer)
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { server, url: `http://127.0.0.1:${port}/graphql` }
}

function startGateway(supergraphFile: string): Promise<{ readonly child: ChildProcess; readonly url: string }> {
  const main = assetPath('dist/main.js')
  const flags = ['--max-semi-space-size=64', main, 'gateway', '--supergraph', supergraphFile, '--port', '0']
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`The gateway ended with ${code}`)))
    child.stdout.on('data', (chunk) => {
      output += chunk
      const [url] = /http:\/\/[\d.]+:\d+/.exec(output) ?? []
      if (url !== undefined) resolve({ child, url })
    })
  })
}

async function ask(pool: Pool, query: string): Promise<void> {
  const { statusCode, body } = await pool.request({
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  const text = await body.text()
  if (statusCode !== 200 || !text.startsWith('{"data":{'))
    throw new Error(`${query} was answered ${statusCode} ${text}`)
}

const rssMb = ({ pid }: ChildProcess): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const folder = await mkdtemp(join(tmpdir(), 'storeloom-soak-'))
const servers = await Promise.all(subgraphs.map(serve))
const { supergraphSdl, errors } = composeSubgraphs(
  subgraphs.map(({ name, sdl }, index) => ({ name, typeDefs: sdl, url: servers[index]?.url ?? '' })),
)
if (supergraphSdl === null) throw new Error(errors.join('; '))
const supergraphFile = join(folder, 'supergraph.graphql')
await writeFile(supergraphFile, supergraphSdl)
const { child, url } = await startGateway(supergraphFile)
const pool = new Pool(url, { connections })
try {
  const lowest: number[] = []
  let sizes: number[] = []
  let sent = 0
  const client = async (until: number): Promise<void> => {
    while (sent < until) {
      const number = sent++
      const isUnique = number % uniqueEvery === 0
      await ask(pool, isUnique ? `{ items { title${number}: title onHand } }` : (known[number % known.length] ?? ''))
      if (number % 500 === 0) sizes.push(rssMb(child))
    }
  }
  for (let step = 1; step <= steps; step++) {
    sizes = []
    await Promise.all(Array.from({ length: connections }, () => client((total * step) / steps)))
    sizes.push(rssMb(child))
    const [low, high] = [Math.min(...sizes), Math.max(...sizes)]
    lowest.push(low)
    console.log(
      `${sent} requests, ${Math.ceil(sent / uniqueEvery)} documents: ${low.toFixed(0)} to ${high.toFixed(0)} MB`,
    )
  }
  // The heap grows until it is collected; what a leak raises is the least it falls to.
  const settled = Math.min(...lowest.slice(settledAfter - 1, settledAfter + 2))
  const growth = Math.min(...lowest.slice(-3)) / settled - 1
  const isFlat = growth <= allowedGrowth
  console.log(`${isFlat ? 'flat' : 'NOT FLAT'}: ${(growth * 100).toFixed(1)} % from the middle to the end`)
  if (!isFlat) process.exitCode = 1
} finally {
  child.removeAllListeners('exit')
  child.kill()
  await pool.destroy()
  for (const { server } of servers) {
    server.closeAllConnections()
    server.close()
  }
  await rm(folder, { recursive: true, force: true })
}
