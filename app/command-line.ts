import { parseArgs } from 'node:util'
import { AppError } from '../platform/errors/app-error.ts'
import { type SubgraphName, subgraphNames } from '../platform/subgraph/subgraph.ts'

export type Command =
  | {
      readonly kind: 'serve'
      readonly environment: Readonly<Record<string, string>>
      /** Processes that answer; 0: this one does everything. */
      readonly workers: number
    }
  | { readonly kind: 'gateway'; readonly supergraphFile: string; readonly port: number }
  | { readonly kind: 'subgraph'; readonly name: SubgraphName; readonly port: number }

/** Options of `npm start --` and the variables they stand for. */
const shorthands = {
  estate: 'STORELOOM_ESTATE',
  scale: 'STORELOOM_DEMO_SCALE',
  rate: 'STORELOOM_DEMO_RATE',
  port: 'PORT',
}

/** @throws AppError `CONFIG_INVALID` saying what was wrong and how it is called */
export function readCommandLine(args: readonly string[]): Command {
  const [first, ...rest] = args
  if (first === 'gateway') return readGateway(rest)
  if (first === 'subgraph') return readSubgraph(rest)
  const { values } = parse(args, {
    estate: { type: 'string' },
    scale: { type: 'string' },
    rate: { type: 'string' },
    port: { type: 'string' },
    workers: { type: 'string' },
  })
  const environment = Object.entries(shorthands).flatMap(([option, variable]) => {
    const value = values[option]
    return typeof value === 'string' ? [[variable, value] as const] : []
  })
  return { kind: 'serve', environment: Object.fromEntries(environment), workers: readWorkers(values.workers) }
}

function readGateway(args: readonly string[]): Command {
  const { values } = parse(args, { supergraph: { type: 'string' }, port: { type: 'string' } })
  if (typeof values.supergraph !== 'string') throw misused('gateway needs --supergraph FILE')
  return { kind: 'gateway', supergraphFile: values.supergraph, port: readPort(values.port) }
}

function readSubgraph(args: readonly string[]): Command {
  const { values, positionals } = parse(args, { port: { type: 'string' } }, true)
  const name = subgraphNames.find((candidate) => candidate === positionals[0])
  if (name === undefined || positionals.length > 1) {
    throw misused(`subgraph needs one NAME of ${subgraphNames.join(', ')}, got '${positionals.join(' ')}'`)
  }
  return { kind: 'subgraph', name, port: readPort(values.port) }
}

type Options = Readonly<Record<string, { readonly type: 'string' }>>

function parse(args: readonly string[], options: Options, allowPositionals = false) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals, strict: true })
  } catch (cause) {
    throw misused(cause instanceof Error ? cause.message : 'the options cannot be read')
  }
}

function readWorkers(value: unknown): number {
  const workers = value === undefined ? 0 : Number(value)
  if (!Number.isInteger(workers) || workers < 0 || workers > 256) {
    throw misused(`--workers is '${value}', allowed is 0 to 256`)
  }
  return workers
}

function readPort(value: unknown): number {
  const port = value === undefined ? 4000 : Number(value)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw misused(`--port is '${value}', allowed is 0 to 65535`)
  return port
}

function misused(why: string): AppError {
  return new AppError(
    'CONFIG_INVALID',
    `Cannot start: ${why}\nUsage: npm start -- [--estate NAME|FOLDER] [--scale demo|full] [--rate ORDERS_PER_MINUTE] [--port N] [--workers N]\n       npm run gateway -- --supergraph FILE [--port N]\n       npm run subgraph -- NAME [--port N]`,
  )
}
