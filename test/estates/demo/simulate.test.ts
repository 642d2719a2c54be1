import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DemoDatabases } from '../../../estates/demo/simulate/sources.ts'
import { createSimulator, startSimulator } from '../../../estates/demo/simulate.ts'
import { openPostgres } from '../../../platform/sql/postgres.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { documentShapes } from './document-shapes.ts'
import { openTestEstate, readDocuments, readMappings, referenceTime, type TestEstate } from './estate.ts'

const steps = 900

describe('simulated trade', () => {
  let estate: TestEstate
  const seen = new Map<string, number>()
  let knownBefore: unknown
  let refundsBefore = 0

  beforeAll(async () => {
    estate = await openTestEstate()
    knownBefore = await knownOrders(estate.databases)
    refundsBefore = (await readDocuments(estate.databases, 'psp', 'refund')).length
    for (const what of await trade(estate.databases, steps)) {
      const word = what?.split(' ')[0] ?? 'nothing'
      seen.set(word, (seen.get(word) ?? 0) + 1)
    }
  }, 180_000)
  afterAll(async () => await estate[Symbol.asyncDispose]())

  it('does every kind of deed', () => {
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining([
        'placed',
        'sold',
        'confirmed',
        'allocated',
        'picked',
        'packed',
        'shipped',
        'delivered',
        'received',
        'returned',
        'priced',
        'posted',
      ]),
    )
    expect(seen.get('placed') ?? 0).toBeGreaterThan(steps / 20)
  })

  it('promises exactly the units that open pick tasks hold', async () => {
    const { rows } = await estate.databases.wms.query(
      `select s.node_cd, s.sku_cd from wms_stk s
       left join (select node_cd, sku_cd, sum(qty)::int as held from wms_pick where sts in (10, 20) group by 1, 2) p using (node_cd, sku_cd)
       where s.qty_alc <> coalesce(p.held, 0)`,
    )
    expect(rows).toEqual([])
  })

  it('moves stock by no unit more or less than its movements say', async () => {
    await using untouched = await openTestEstate()
    const onHand = 'select node_cd, sku_cd, (qty_avl + qty_dmg + qty_hld + qty_qc + qty_rtn) as units from wms_stk'
    const before = await units(untouched.databases, onHand)
    const moved = await units(
      estate.databases,
      'select node_cd, sku_cd, sum(qty)::int as units from wms_mvmt where mvmt_id >= 50000001 group by 1, 2',
    )
    const after = await units(estate.databases, onHand)
    const wrong = [...after].filter(
      ([position, count]) => count !== (before.get(position) ?? 0) + (moved.get(position) ?? 0),
    )
    expect(wrong).toEqual([])
    expect(moved.size).toBeGreaterThan(10)
  }, 60_000)

  it('takes the money of every order whose goods left, and of no other', async () => {
    const orders = await readDocuments(estate.databases, 'oms', 'order')
    const payments = new Map(
      (await readDocuments(estate.databases, 'psp', 'payment')).map(({ data }) => [orderOf(data), data]),
    )
    const wrong: string[] = []
    for (const { data } of orders) {
      const order = data as OrderDocument
      const payment = payments.get(order.number) as PaymentDocument | undefined
      const left = [
        'SHIPPED',
        'READY_FOR_PICKUP',
        'DELIVERED',
        'COLLECTED',
        'RETURN_REQUESTED',
        'RETURN_IN_TRANSIT',
        'RETURNED',
      ].includes(order.status)
      const expected = left ? totalMinor(order) : 0
      if (payment === undefined || minor(payment.captured) !== expected) {
        wrong.push(`${order.number} ${order.status}: ${payment?.captured ?? 'no payment'} instead of ${expected}`)
      }
      if (order.status === 'CANCELLED' && payment?.status !== 'VOIDED')
        wrong.push(`${order.number} cancelled, payment ${payment?.status}`)
    }
    expect(wrong).toEqual([])
    expect(orders.length).toBeGreaterThan(250)
  })

  it('ships every parcel whole and once', async () => {
    const shipped = new Map<string, string>()
    for (const { data } of await readDocuments(estate.databases, 'wms', 'shipment')) {
      const { lines } = data as { lines: { lineKey: string; quantity: number }[] }
      expect(shipped.has(orderOf(data))).toBe(false)
      shipped.set(orderOf(data), lines.map((line) => `${line.lineKey}x${line.quantity}`).join(' '))
    }
    const { rows } = await estate.databases.oms.query(
      `select o.order_no, (select string_agg(l.line_no || 'x' || l.quantity, ' ' order by l.line_no) from sales_order_line l where l.order_id = o.order_id) as lines
       from sales_order o where o.delivery_mode = 'PARCEL' and o.status_code in (60, 70, 80, 82, 85)`,
    )
    expect(rows.filter((row) => shipped.get(String(row.order_no)) !== row.lines)).toEqual([])
    expect(rows.length).toBeGreaterThan(100)
  })

  it('gives back what the returned lines cost and never more than was taken', async () => {
    const { rows } = await estate.databases.psp.query(
      `select t.id from txn t
       where (select sum(amount_minor) from refund f where f.txn_id = t.id) > (select coalesce(sum(amount_minor), 0) from capture c where c.txn_id = t.id)`,
    )
    expect(rows).toEqual([])
    const { rows: returned } = await estate.databases.oms.query(
      `select o.order_no, sum(round((l.quantity * l.unit_price - l.discount_amount) * l.returned_qty / l.quantity, 2))::text as value
       from sales_order o join sales_order_line l using (order_id) where l.returned_qty > 0 group by 1`,
    )
    const expected = Object.fromEntries(returned.map((row) => [String(row.order_no), row.value]))
    const refunds = await readDocuments(estate.databases, 'psp', 'refund')
    expect(Object.fromEntries(refunds.map(({ data }) => [orderOf(data), (data as { amount: string }).amount]))).toEqual(
      expected,
    )
    expect(refunds.length).toBeGreaterThan(refundsBefore)
  })

  it('hands every new invoice to the books, and posts most', async () => {
    const { rows } = await estate.databases.erp.query(
      `select count(*) filter (where b.betrag is distinct from f.brutto)::int as wrong, avg((b.busta = 'BU')::int) > 0.5 as mostly
       from fakt f left join buchg b using (faknr) where f.fakdat >= 20261121`,
    )
    expect(rows).toEqual([{ wrong: 0, mostly: true }])
  })

  it('leaves only documents of the right shape', async () => {
    const wrong: string[] = []
    for (const { system, kind } of await readMappings()) {
      for (const { key, data } of await readDocuments(estate.databases, system, kind)) {
        const shape = documentShapes[kind]?.safeParse(data)
        if (shape?.success !== true)
          wrong.push(`${system} ${kind} ${String(key)}: ${shape?.error.message ?? 'no shape'}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('leaves the known orders as they were', async () => {
    expect(await knownOrders(estate.databases)).toEqual(knownBefore)
  })
})

describe('simulator', () => {
  it('does the same deeds for the same seed on the same estate', async () => {
    await using first = await openTestEstate()
    await using second = await openTestEstate()
    const [one, two] = await Promise.all([trade(first.databases, 120), trade(second.databases, 120)])
    expect(two).toEqual(one)
    expect(await readDocuments(second.databases, 'oms', 'order')).toEqual(
      await readDocuments(first.databases, 'oms', 'order'),
    )
  }, 120_000)

  it('finishes a deed that a fault cut short, without doing any part twice', async () => {
    await using estate = await openTestEstate()
    const { databases } = estate
    await databases.psp.query(
      "create function refuse() returns trigger language plpgsql as $$ begin raise exception 'provider is down'; end $$",
    )
    await databases.psp.query('create trigger refuse before insert on capture for each row execute function refuse()')
    const simulator = createSimulator({ databases, seed: 11, clock: () => referenceTime })
    let fault: unknown
    for (let at = 0; at < 300 && fault === undefined; at += 1) {
      try {
        await simulator.step()
      } catch (error) {
        fault = error
      }
    }
    expect(fault).toMatchObject({ message: expect.stringContaining('provider is down') })
    await databases.psp.query('drop trigger refuse on capture')
    for (let at = 0; at < 150; at += 1) await simulator.step()

    const { rows: twice } = await databases.wms.query(
      `select ref_no, sku_cd from wms_mvmt where mvmt_id >= 50000001 and mv_typ = '601' group by 1, 2 having count(*) > 1`,
    )
    expect(twice).toEqual([])
    const { rows: sent } = await databases.wms.query(
      'select distinct ref_no from wms_mvmt where mvmt_id >= 50000001 and mv_typ = $1',
      ['601'],
    )
    const { rows: unpaid } = await databases.psp.query(
      "select merchant_ref from txn where merchant_ref = any($1) and state <> 'succeeded'",
      [sent.map((row) => row.ref_no)],
    )
    expect(unpaid).toEqual([])
    expect(sent.length).toBeGreaterThan(3)
  }, 120_000)

  it('keeps trading after its connections were cut, and stops when told', async () => {
    await using estate = await openTestEstate()
    const { databases } = estate
    const stop = new AbortController()
    const deeds: string[] = []
    const faults: unknown[] = []
    const running = startSimulator({
      databases,
      seed: 3,
      clock: () => new Date(),
      ratePerMinute: 60_000,
      signal: stop.signal,
      onStep: (what) => deeds.push(what),
      onFault: (error) => faults.push(error),
    })
    await expect.poll(() => deeds.length, { timeout: 20_000 }).toBeGreaterThan(20)
    for (const system of ['oms', 'wms'] as const) {
      await databases.erp.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'demo-test'",
        [`${estate.server.prefix}${system}`],
      )
    }
    const atCut = deeds.length
    await expect.poll(() => deeds.length, { timeout: 20_000 }).toBeGreaterThan(atCut + 20)
    stop.abort()
    await running
    const atStop = deeds.length
    await databases.oms.query('select 1')
    expect(deeds.length).toBe(atStop)
    expect(faults.length).toBeLessThan(5)
  }, 120_000)

  it('refuses a rate of nothing', async () => {
    const nowhere = openPostgres({ url: 'postgresql://nobody@127.0.0.1:1/none' })
    const databases = { erp: nowhere, wms: nowhere, oms: nowhere, crm: nowhere, psp: nowhere }
    const started = startSimulator({
      databases,
      seed: 1,
      clock: () => new Date(),
      ratePerMinute: 0,
      signal: AbortSignal.abort(),
    })
    await expect(started).rejects.toThrow('rate must be above 0')
    await nowhere[Symbol.asyncDispose]()
  })
})

type OrderDocument = {
  readonly number: string
  readonly status: string
  readonly shipping: string
  readonly lines: readonly {
    readonly quantity: number
    readonly unitPrice: string
    readonly discount: string
    readonly status: string
  }[]
}
type PaymentDocument = { readonly captured: string; readonly status: string }

async function trade(databases: DemoDatabases, count: number): Promise<readonly (string | null)[]> {
  const clock = createFakeClock(referenceTime.toISOString())
  const simulator = createSimulator({ databases, seed: 5, clock: clock.now })
  const deeds: (string | null)[] = []
  for (let at = 0; at < count; at += 1) {
    clock.advance(1_000)
    deeds.push(await simulator.step())
  }
  return deeds
}

async function knownOrders(databases: DemoDatabases): Promise<unknown> {
  return (await readDocuments(databases, 'oms', 'order')).slice(0, 7)
}

async function units(databases: DemoDatabases, text: string): Promise<ReadonlyMap<string, number>> {
  const { rows } = await databases.wms.query(text)
  return new Map(rows.map((row) => [`${String(row.node_cd)} ${String(row.sku_cd)}`, Number(row.units)]))
}

function orderOf(document: unknown): string {
  return (document as { order: { value: string } }).order.value
}

function minor(decimal: string): number {
  return Math.round(Number(decimal) * 100)
}

function totalMinor(order: OrderDocument): number {
  return order.lines.reduce(
    (sum, line) => sum + line.quantity * minor(line.unitPrice) - minor(line.discount),
    minor(order.shipping),
  )
}
