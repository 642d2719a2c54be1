import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Kind, parse, print, visit } from 'graphql'
import { assetPath } from '../../platform/assets.ts'
import { subgraphNames } from '../../platform/subgraph/subgraph.ts'
import { composeSubgraphs } from '../../schema/compose.ts'
import { readSubgraphSdls } from '../../schema/load.ts'
import { cpuMsOf } from '../process-cpu.ts'
import type { Fact } from './facts.ts'

export type Peers = AsyncDisposable & {
  /** Of the gateway's GraphQL endpoint. */
  readonly url: string
  /** CPU time used so far, in ms. */
  cpuMs(): Promise<{ readonly gateway: number; readonly subgraphs: number }>
}

/** Node as the product's own start has it, and what Apollo Server takes for production. */
const nodeFlags = ['--max-semi-space-size=32']
const startTimeoutMs = 60_000

/** Stock Apollo: five subgraphs and a gateway before them, a process each. */
export async function startPeers(facts: readonly Fact[], folder: string): Promise<Peers> {
  const children: ChildProcess[] = []
  const close = async (): Promise<void> => {
    const living = children.filter((child) => child.exitCode === null && child.signalCode === null)
    const ended = living.map((child) => once(child, 'exit'))
    for (const child of living) child.kill('SIGTERM')
    await Promise.all(ended)
  }
  const start = async (script: string, ...given: readonly string[]) => {
    const child = fork(assetPath(`bench/storefront/peers/${script}`), given, {
      execArgv: nodeFlags,
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: '' },
    })
    children.push(child)
    const signal = AbortSignal.timeout(startTimeoutMs)
    const ended = once(child, 'exit', { signal }).then(() => {
      throw new Error(`Cannot start ${script} ${given.join(' ')}: it ended`)
    })
    const [message] = await Promise.race([once(child, 'message', { signal }), ended])
    ended.catch(() => {})
    return { url: urlIn(message), pid: child.pid ?? 0 }
  }
  try {
    const factsFile = join(folder, 'facts.json')
    await writeFile(factsFile, JSON.stringify(facts))
    const sdls = readSubgraphSdls().filter(({ name }) => subgraphNames.some((known) => known === name))
    const subgraphs = await Promise.all(
      sdls.map(async (sdl) => ({ ...sdl, ...(await start('subgraph.mjs', sdl.name, factsFile)) })),
    )
    const { supergraphSdl, errors } = composeSubgraphs(
      subgraphs.map((subgraph) => ({ ...subgraph, typeDefs: withoutPolicies(subgraph.typeDefs) })),
    )
    if (supergraphSdl === null) throw new Error(`Cannot compose the peers' graph: ${errors.join('; ')}`)
    const supergraphFile = join(folder, 'peers.graphql')
    await writeFile(supergraphFile, supergraphSdl)
    const gateway = await start('gateway.mjs', supergraphFile)
    return {
      url: gateway.url,
      async cpuMs() {
        const used = await Promise.all(subgraphs.map(({ pid }) => cpuMsOf(pid)))
        return { gateway: await cpuMsOf(gateway.pid), subgraphs: used.reduce((sum, ms) => sum + ms, 0) }
      },
      [Symbol.asyncDispose]: close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Apollo's gateway refuses a supergraph with `@policy`, which is a feature of its router. */
function withoutPolicies(typeDefs: string): string {
  const document = visit(parse(typeDefs), {
    Directive: ({ name }) => (name.value === 'policy' ? null : undefined),
    ListValue: (list) => ({
      ...list,
      values: list.values.filter((value) => value.kind !== Kind.STRING || value.value !== '@policy'),
    }),
  })
  return print(document)
}

function urlIn(message: unknown): string {
  if (typeof message === 'object' && message !== null && 'url' in message) return String(message.url)
  throw new TypeError('Cannot start a peer: it told no address')
}
