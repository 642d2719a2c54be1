import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SeedProgress, seedDemoEstate } from '../../../estates/demo/seed.ts'
import { documentShapes } from './document-shapes.ts'
import {
  openTestEstate,
  openTestServer,
  readDocuments,
  readMappings,
  referenceTime,
  type TestEstate,
  tinySize,
} from './estate.ts'

describe('seeded demo estate', () => {
  let estate: TestEstate
  beforeAll(async () => {
    estate = await openTestEstate()
  }, 120_000)
  afterAll(async () => await estate[Symbol.asyncDispose]())

  it('maps every document into the shape its kind must have', async () => {
    const wrong: string[] = []
    let checked = 0
    for (const { system, kind } of await readMappings()) {
      const documents = await readDocuments(estate.databases, system, kind)
      expect(documents.length, `${system} ${kind}`).toBeGreaterThan(0)
      for (const { key, data } of documents) {
        checked += 1
        const shape = documentShapes[kind]?.safeParse(data)
        if (shape?.success !== true)
          wrong.push(`${system} ${kind} ${String(key)}: ${shape?.error.message ?? 'no shape'}`)
      }
    }
    expect(wrong).toEqual([])
    expect(checked).toBeGreaterThan(1_000)
  })

  it('gives every key once', async () => {
    for (const { system, kind } of await readMappings()) {
      const keys = (await readDocuments(estate.databases, system, kind)).map((row) => row.key)
      expect(new Set(keys).size, `${system} ${kind}`).toBe(keys.length)
    }
  })

  it('reads documents by key through an index', async () => {
    for (const { system, kind, sql } of await readMappings()) {
      const plan = await estate.databases[system].transaction(async (transaction) => {
        await transaction.query('set local enable_seqscan = off')
        const { rows } = await transaction.query<{ 'QUERY PLAN': string }>(
          `explain select key, data from (${sql}) d where d.key = any(array(select key from (${sql}) e order by key limit 3))`,
        )
        return rows.map((row) => row['QUERY PLAN']).join('\n')
      })
      expect(plan, `${system} ${kind}`).not.toMatch(/Seq Scan/)
    }
  })

  it('refers only to things that another system has under that name', async () => {
    const { databases } = estate
    const known = {
      sku: await valuesOf('erp', 'variant', 'sku'),
      'location-code': await valuesOf('wms', 'location', 'location-code'),
      'order-number': await valuesOf('oms', 'order', 'order-number'),
      'customer-account': await valuesOf('oms', 'customer', 'customer-account'),
      'loyalty-number': await valuesOf('crm', 'customer', 'loyalty-number'),
      oms: new Set((await readDocuments(databases, 'oms', 'customer')).map((row) => String(row.key))),
      psp: new Set((await readDocuments(databases, 'psp', 'payment')).map((row) => String(row.key))),
    }
    const dangling: string[] = []
    let seen = 0
    for (const { system, kind } of await readMappings()) {
      for (const { data } of await readDocuments(databases, system, kind)) {
        for (const [namespace, value] of referencesIn(data)) {
          seen += 1
          if (namespace === 'gtin') continue
          if (known[namespace as keyof typeof known]?.has(value) !== true)
            dangling.push(`${system} ${kind}: ${namespace} ${value}`)
        }
      }
    }
    expect(dangling).toEqual([])
    expect(seen).toBeGreaterThan(1_000)

    async function valuesOf(
      system: 'erp' | 'wms' | 'oms' | 'crm',
      kind: string,
      namespace: string,
    ): Promise<ReadonlySet<string>> {
      const rows = await readDocuments(databases, system, kind)
      return new Set(
        rows.flatMap((row) =>
          referencesIn((row.data as { identifiers: unknown }).identifiers).flatMap(([name, value]) =>
            name === namespace ? [value] : [],
          ),
        ),
      )
    }
  })

  it('hands an unknown status code on as it is', async () => {
    const { oms } = estate.databases
    await oms.query('update sales_order_line set status_code = 47 where order_id = 1000002')
    const order = (await readDocuments(estate.databases, 'oms', 'order')).find((row) => row.key === '1000002')
    expect(order?.data).toMatchObject({ lines: [{ status: '47' }] })
    await oms.query('update sales_order_line set status_code = 60 where order_id = 1000002')
  })

  it('counts the units of a line that went back apart from the kept ones', async () => {
    const { oms } = estate.databases
    await oms.query('update sales_order_line set returned_qty = 1 where order_id = 1000001 and line_no = 2')
    const order = (await readDocuments(estate.databases, 'oms', 'order')).find((row) => row.key === '1000001')
    expect(order?.data).toMatchObject({
      lines: [
        { statusCounts: null },
        {
          quantity: 2,
          statusCounts: [
            { state: 'DELIVERED', quantity: 1 },
            { state: 'RETURNED', quantity: 1 },
          ],
        },
      ],
    })
    await oms.query('update sales_order_line set returned_qty = 0 where order_id = 1000001')
  })

  it('promises exactly the units that open pick tasks hold', async () => {
    const { rows } = await estate.databases.wms.query(
      `select s.node_cd, s.sku_cd from wms_stk s
       left join (select node_cd, sku_cd, sum(qty)::int as held from wms_pick where sts in (10, 20) group by 1, 2) p using (node_cd, sku_cd)
       where s.qty_alc <> coalesce(p.held, 0)`,
    )
    expect(rows).toEqual([])
  })
})

describe('seeding', () => {
  it('touches nothing when all five databases are complete, and makes all anew for another seed', async () => {
    await using estate = await openTestEstate()
    await estate.databases.oms.query("update sales_order set ship_city = 'Elsewhere' where order_id = 1000001")
    const where = { adminUrl: estate.server.adminUrl, databasePrefix: estate.server.prefix, size: tinySize }
    const again = await seedDemoEstate({ ...where, seed: 7 })
    expect(again.loaded).toBe(false)
    const { rows } = await estate.databases.oms.query('select ship_city from sales_order where order_id = 1000001')
    expect(rows).toEqual([{ ship_city: 'Elsewhere' }])

    const other = await seedDemoEstate({ ...where, seed: 8, referenceTime })
    expect(other.loaded).toBe(true)
  }, 120_000)

  it('starts over after it was aborted in the middle of the load', async () => {
    await using server = await openTestServer()
    const options = { adminUrl: server.adminUrl, databasePrefix: server.prefix, size: tinySize, seed: 7, referenceTime }
    const abort = new AbortController()
    const aborted = seedDemoEstate({
      ...options,
      signal: abort.signal,
      onProgress: ({ phase, rows }) => {
        if (phase === 'loading' && rows > 500) abort.abort(new Error('enough'))
      },
    })
    await expect(aborted).rejects.toThrow('enough')
    expect(await server.databaseNames()).toHaveLength(5)
    const progress: SeedProgress[] = []
    const again = await seedDemoEstate({ ...options, onProgress: (step) => progress.push(step) })
    expect(again.loaded).toBe(true)
    expect(progress.at(-1)).toEqual({ phase: 'ready', rows: again.rows, share: 1 })
  }, 120_000)

  it('starts over after its process was killed in the middle of the load', async () => {
    await using server = await openTestServer()
    const script = `
      const { seedDemoEstate } = await import('./estates/demo/seed.ts')
      await seedDemoEstate({
        adminUrl: ${JSON.stringify(server.adminUrl)}, databasePrefix: ${JSON.stringify(server.prefix)}, seed: 7,
        size: { stores: 20, variants: 500, variantsPerStore: 200, customers: 2000, orders: 20000 },
        onProgress: ({ phase, rows }) => { if (phase === 'loading' && rows > 20000) console.log('under way') },
      })`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGKILL')

    const again = await seedDemoEstate({
      adminUrl: server.adminUrl,
      databasePrefix: server.prefix,
      size: tinySize,
      seed: 7,
      referenceTime,
    })
    expect(again.loaded).toBe(true)
    const twice = await seedDemoEstate({
      adminUrl: server.adminUrl,
      databasePrefix: server.prefix,
      size: tinySize,
      seed: 7,
      referenceTime,
    })
    expect(twice.loaded).toBe(false)
  }, 120_000)

  it('does the work once when two processes start together', async () => {
    await using server = await openTestServer()
    const options = { adminUrl: server.adminUrl, databasePrefix: server.prefix, size: tinySize, seed: 7, referenceTime }
    const both = await Promise.all([seedDemoEstate(options), seedDemoEstate(options)])
    expect(both.map((one) => one.loaded).sort()).toEqual([false, true])
  }, 120_000)

  it('refuses a prefix that is no plain name', async () => {
    await expect(seedDemoEstate({ adminUrl: 'postgresql://127.0.0.1:1/x', databasePrefix: 'a"b' })).rejects.toThrow(
      /prefix must be/,
    )
  })
})

/** Every `{ namespace, value }` in a document, as pairs. */
function referencesIn(value: unknown): readonly (readonly [string, string])[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (typeof value !== 'object' || value === null) return []
  if ('namespace' in value && 'value' in value) return [[String(value.namespace), String(value.value)]]
  return Object.values(value).flatMap(referencesIn)
}
