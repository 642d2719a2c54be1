import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDataLayer } from '../../app/data-layer.ts'
import { readConfig } from '../../platform/config.ts'
import { createCloser } from '../../platform/lifecycle.ts'
import { subgraphNames } from '../../platform/subgraph/subgraph.ts'
import { silentLog } from '../../platform/telemetry/log.ts'
import { createMetrics } from '../../platform/telemetry/metrics.ts'
import { type Child, startChild } from '../support/child.ts'
import { readable } from '../support/event-log.ts'

const size = { stores: 5, variants: 300, variantsPerStore: 60, customers: 300, orders: 1_500 }

describe('the whole product killed with SIGKILL', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'storeloom-killed-'))
  })
  afterAll(async () => rm(folder, { recursive: true, force: true }))

  const start = (ordersPerMinute: number) => startChild('app-child.ts', [folder, String(ordersPerMinute)])

  /** Kills the process when it says `line`, and every second time the database server under it as well. */
  async function killAt(child: Child, line: string, times: number, withServer: boolean): Promise<void> {
    for (let seen = 0; seen < times; seen += 1) await child.line(line, 120_000)
    const server = Number((await readFile(join(folder, 'postgres', 'pgdata', 'postmaster.pid'), 'utf8')).split('\n')[0])
    await child.kill('SIGKILL')
    if (withServer) process.kill(server, 'SIGKILL')
  }

  it('starts cleanly again after five kills in the first import and five in live trade, with read models equal to a rebuild', async () => {
    await killAt(start(0), 'Making the demo retailer: loading', 1, true)
    await killAt(start(0), 'Reading erp', 1, false)
    await killAt(start(0), 'Reading oms order', 1, true)
    await killAt(start(0), 'Reading wms shipment', 1, false)
    await killAt(start(0), 'A system is followed', 2, true)

    for (let round = 0; round < 5; round += 1) {
      const child = start(3_000)
      await child.line('ready', 120_000)
      await killAt(child, 'placed O-', 3 + round, round % 2 === 0)
    }

    const last = start(0)
    await last.line('ready', 120_000)
    last.send('leave')
    expect(await last.ended).toBe(0)

    const { kept, rebuilt } = await compareWithRebuild(folder)
    expect(Object.keys(kept).length).toBeGreaterThan(10)
    expect(kept['orders.orders']?.rows).toBeGreaterThan(1_500)
    expect(rebuilt).toEqual(kept)
  }, 600_000)
})

type Fingerprint = { readonly rows: number; readonly content: string }

/** Empties every read model, folds the log into it again, and tells what each table held before and after. */
async function compareWithRebuild(folder: string) {
  const environment = { STORELOOM_DATA_DIR: folder, STORELOOM_DEMO_RATE: '0' }
  const closer = createCloser()
  const stop = new AbortController()
  try {
    const { subgraphs, projector, store } = await openDataLayer(
      {
        config: readConfig(environment),
        environment,
        closer,
        log: silentLog,
        metrics: createMetrics(),
        signal: stop.signal,
        demo: { size },
      },
      { serves: subgraphNames, keeps: subgraphNames, follows: false },
    )
    const projections = subgraphs.flatMap((subgraph) => subgraph.projections)
    const tables = projections.flatMap((projection) => projection.tables)
    const read = async (): Promise<Record<string, Fingerprint>> => {
      const entries = tables.map(async (table) => {
        const { rows } = await store.background.query<Fingerprint>(
          `select count(*)::int as rows, md5(coalesce(string_agg(t::text, E'\\n' order by t::text), '')) as content from ${table} t`,
          [],
        )
        return [table, rows[0] ?? { rows: 0, content: '' }] as const
      })
      return Object.fromEntries(await Promise.all(entries))
    }
    await readable(store.background)
    await projector.caughtUp(await store.eventLog.head())
    const kept = await read()
    for (const projection of projections) await projector.rebuild(projection.name)
    await projector.caughtUp(await store.eventLog.head())
    return { kept, rebuilt: await read() }
  } finally {
    stop.abort()
    await closer.close()
  }
}
