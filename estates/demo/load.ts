import { finished } from 'node:stream/promises'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { type Batch, type Cell, type DemoSystem, demoSystems } from './rows.ts'

export type Loaders = AsyncDisposable & {
  /** Sends a batch to its own database; waits while two of that database are under way. */
  push(batch: Batch): Promise<void>
  /** Waits for all that was pushed. Rejects with the first failure. */
  drain(): Promise<void>
  /** Runs on all five databases at once. */
  everywhere(work: (query: (text: string) => Promise<unknown>, system: DemoSystem) => Promise<void>): Promise<void>
}

type Lane = { readonly client: pg.Client; tail: Promise<void>; backlog: number }

const mostUnderWay = 2

/** One connection and one line of work per database, so that five servers' processes copy while the next rows are made. */
export async function openLoaders(urls: Readonly<Record<DemoSystem, string>>): Promise<Loaders> {
  const lanes = new Map<DemoSystem, Lane>()
  let failure: { readonly error: unknown } | undefined

  async function close(): Promise<void> {
    await Promise.all([...lanes.values()].map(({ client }) => client.end()))
  }

  function laneOf(system: DemoSystem): Lane {
    const lane = lanes.get(system)
    if (lane === undefined) throw new RangeError(`Cannot load ${system}: its database is not open`)
    return lane
  }

  async function run(lane: Lane, batch: Batch): Promise<void> {
    try {
      if (failure === undefined) await copy(lane.client, batch)
    } catch (error) {
      failure ??= { error }
    } finally {
      lane.backlog -= 1
    }
  }

  try {
    for (const system of demoSystems) {
      const client = new pg.Client({ connectionString: urls[system], connectionTimeoutMillis: 10_000 })
      client.on('error', (error) => {
        failure ??= { error }
      })
      await client.connect()
      lanes.set(system, { client, tail: Promise.resolve(), backlog: 0 })
    }
  } catch (error) {
    await close()
    throw error
  }

  return {
    async push(batch) {
      const lane = laneOf(batch.table.system)
      while (lane.backlog >= mostUnderWay) await lane.tail
      if (failure !== undefined) throw failure.error
      lane.backlog += 1
      lane.tail = lane.tail.then(() => run(lane, batch))
    },
    async drain() {
      await Promise.all([...lanes.values()].map((lane) => lane.tail))
      if (failure !== undefined) throw failure.error
    },
    async everywhere(work) {
      await Promise.all([...lanes].map(([system, { client }]) => work((text) => client.query(text), system)))
    },
    [Symbol.asyncDispose]: close,
  }
}

async function copy(client: pg.Client, { table, rows }: Batch): Promise<void> {
  const stream = client.query(copyFrom(`copy ${table.name} (${table.columns.join(', ')}) from stdin`))
  stream.end(rows.map((row) => `${row.map(cellText).join('\t')}\n`).join(''))
  await finished(stream)
}

/** COPY's text format. */
function cellText(cell: Cell): string {
  if (cell === null) return '\\N'
  if (typeof cell === 'string') return /[\\\t\n\r]/.test(cell) ? cell.replace(/[\\\t\n\r]/g, escapeCharacter) : cell
  return typeof cell === 'boolean' ? (cell ? 't' : 'f') : String(cell)
}

function escapeCharacter(character: string): string {
  if (character === '\t') return '\\t'
  if (character === '\n') return '\\n'
  return character === '\r' ? '\\r' : '\\\\'
}
