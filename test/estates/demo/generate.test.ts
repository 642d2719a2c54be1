import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { generateDemoEstate } from '../../../estates/demo/generate.ts'
import { checkDigit } from '../../../estates/demo/gs1.ts'
import type { SourceRow } from '../../../estates/demo/rows.ts'
import { positionOf, stockRows } from '../../../estates/demo/wms/rows.ts'
import { createWorld } from '../../../estates/demo/world.ts'
import { referenceTime, tinySize } from './estate.ts'

describe('generated demo estate', () => {
  it('gives the same rows for the same seed and time', () => {
    expect(digest(7)).toBe(digest(7))
  })

  it('gives other rows for another seed', () => {
    expect(digest(8)).not.toBe(digest(7))
  })

  it('has the counts that were asked for, the known orders on top', () => {
    const tables = tablesOf(7)
    expect(tables.get('erp.artst')).toHaveLength(50)
    expect(tables.get('erp.filst')).toHaveLength(5)
    expect(tables.get('wms.wms_node')).toHaveLength(5)
    expect(tables.get('wms.wms_stk')).toHaveLength(2 * 50 + 3 * 20)
    expect(tables.get('crm.s_contact')).toHaveLength(60)
    expect(tables.get('oms.sales_order')).toHaveLength(200 + 7)
    expect(tables.get('psp.txn')).toHaveLength(200 + 7)
  })

  it('hands rows out in batches of at most 2,000', () => {
    let largest = 0
    let count = 0
    for (const { rows } of generateDemoEstate({ size: { ...tinySize, orders: 3_000 }, seed: 7, referenceTime })) {
      largest = Math.max(largest, rows.length)
      count += 1
    }
    expect(largest).toBe(2_000)
    expect(count).toBeGreaterThan(20)
  })

  it('keeps every order within the 90 days before the reference time', () => {
    const placed = (tablesOf(7).get('oms.sales_order') ?? []).map((row) => Date.parse(String(row[6])))
    const endMs = referenceTime.getTime()
    expect(Math.min(...placed)).toBeGreaterThanOrEqual(endMs - 90 * 86_400_000)
    expect(Math.max(...placed)).toBeLessThanOrEqual(endMs)
  })

  it('spreads orders over channels and states', () => {
    const orders = [...generateDemoEstate({ size: { ...tinySize, orders: 3_000 }, seed: 7, referenceTime })]
      .filter((batch) => batch.table.name === 'sales_order')
      .flatMap((batch) => batch.rows)
    expect(new Set(orders.map((row) => row[2]))).toEqual(new Set(['WEB', 'APP', 'POS', 'AMZ']))
    const statuses = new Map<unknown, number>()
    for (const row of orders) statuses.set(row[9], (statuses.get(row[9]) ?? 0) + 1)
    const finished = (statuses.get(70) ?? 0) + (statuses.get(75) ?? 0)
    expect(finished / orders.length).toBeGreaterThan(0.8)
    expect(statuses.get(85) ?? 0).toBeGreaterThan(50)
    expect(statuses.get(90) ?? 0).toBeGreaterThan(50)
    expect(statuses.get(60) ?? 0).toBeGreaterThan(10)
  })

  it('sells few items often and most items seldom', () => {
    const units = new Map<unknown, number>()
    for (const { table, rows } of generateDemoEstate({
      size: { ...tinySize, orders: 3_000 },
      seed: 7,
      referenceTime,
    })) {
      if (table.name !== 'sales_order_line') continue
      for (const row of rows) units.set(row[2], (units.get(row[2]) ?? 0) + Number(row[4]))
    }
    const ranked = [...units.values()].sort((a, b) => b - a)
    const total = ranked.reduce((sum, count) => sum + count, 0)
    const topTenth = ranked.slice(0, 5).reduce((sum, count) => sum + count, 0)
    expect(topTenth / total).toBeGreaterThan(0.3)
  })

  it('gives every item a GTIN of its own with a valid check digit', () => {
    const gtins = (tablesOf(7).get('erp.artst') ?? []).map((row) => String(row[11]))
    expect(new Set(gtins).size).toBe(50)
    expect(gtins.filter((gtin) => checkDigit(gtin.slice(0, 12)) !== gtin[12])).toEqual([])
  })

  it('knows the check digit of a number printed on a real product', () => {
    expect(checkDigit('400638133393')).toBe('1')
  })

  it('keeps the known records at any seed and size', () => {
    const small = tablesOf(7)
    const other = new Map<string, SourceRow[]>()
    for (const { table, rows } of generateDemoEstate({
      size: { ...tinySize, customers: 90, orders: 300, variants: 80 },
      seed: 99,
      referenceTime,
    })) {
      const key = `${table.system}.${table.name}`
      other.set(key, [...(other.get(key) ?? []), ...rows])
    }
    const known = (tables: ReadonlyMap<string, readonly SourceRow[]>) =>
      (tables.get('oms.sales_order') ?? [])
        .filter((row) => Number(row[0]) < 1_000_101)
        .map((row) => [row[1], row[2], row[3], row[5], row[9]])
    expect(known(other)).toEqual(known(small))
    expect(known(small)).toEqual([
      ['O-1000001', 'WEB', 'WEB-1000001', null, 70],
      ['O-1000002', 'APP', 'APP-1000002', null, 60],
      ['O-1000003', 'POS', 'ST001-1000003', 'L-1000001', 75],
      ['O-1000004', 'WEB', 'WEB-1000004', null, 85],
      ['O-1000005', 'AMZ', 'AMZ-1000001', null, 70],
      ['O-1000006', 'AMZ', 'AMZ-1000002', null, 60],
      ['O-1000007', 'AMZ', 'AMZ-1000003', null, 90],
    ])
    const ada = (tables: ReadonlyMap<string, readonly SourceRow[]>) =>
      tables.get('crm.s_contact')?.find((row) => row[0] === '1-ADA1')
    expect(ada(other)).toEqual(ada(small))
  })

  it('puts the units that open orders hold on top of the free ones', () => {
    const world = createWorld({ size: tinySize, seed: 7, referenceTime })
    const held = new Map([[positionOf(world, 0, 3), 10_000]])
    const positions = [...stockRows(world, held)].filter(({ table }) => table.name === 'wms_stk').map(({ row }) => row)
    expect(positions.filter((row) => Number(row[3]) >= 10_000).map((row) => [row[1], row[2], row[8]])).toEqual([
      ['DC01', 'DEMO-0004', 10_000],
    ])
  })

  it('refuses an estate without stores', () => {
    expect(() => [...generateDemoEstate({ size: { ...tinySize, stores: 0 }, seed: 7, referenceTime })]).toThrow(
      /at least one store/,
    )
  })
})

function tablesOf(seed: number): ReadonlyMap<string, readonly SourceRow[]> {
  const tables = new Map<string, SourceRow[]>()
  for (const { table, rows } of generateDemoEstate({ size: tinySize, seed, referenceTime })) {
    const key = `${table.system}.${table.name}`
    const held = tables.get(key) ?? []
    held.push(...rows)
    tables.set(key, held)
  }
  return tables
}

function digest(seed: number): string {
  const hash = createHash('sha256')
  for (const batch of generateDemoEstate({ size: tinySize, seed, referenceTime })) hash.update(JSON.stringify(batch))
  return hash.digest('hex')
}
