export const demoSystems = ['erp', 'wms', 'oms', 'crm', 'psp'] as const
export type DemoSystem = (typeof demoSystems)[number]

export type Cell = string | number | boolean | null
export type SourceRow = readonly Cell[]

export type SourceTable = { readonly system: DemoSystem; readonly name: string; readonly columns: readonly string[] }

export type Batch = { readonly table: SourceTable; readonly rows: readonly SourceRow[] }

/** @param columns separated by blanks, in the order of the rows' cells */
export function sourceTable(system: DemoSystem, name: string, columns: string): SourceTable {
  return { system, name, columns: columns.trim().split(/\s+/) }
}

export type TableRow = { readonly table: SourceTable; readonly row: SourceRow }

export function rowOf(table: SourceTable, ...row: SourceRow): TableRow {
  return { table, row }
}

const batchSize = 2_000

/** Groups rows by table into batches of at most 2,000; a table's rows keep their order. */
export function* inBatches(rows: Iterable<TableRow>): Generator<Batch> {
  const open = new Map<SourceTable, SourceRow[]>()
  for (const { table, row } of rows) {
    const held = open.get(table)
    if (held === undefined) open.set(table, [row])
    else held.push(row)
    if (held !== undefined && held.length >= batchSize) {
      yield { table, rows: held }
      open.set(table, [])
    }
  }
  for (const [table, held] of open) if (held.length > 0) yield { table, rows: held }
}

export function amount(minor: number): string {
  return (minor / 100).toFixed(2)
}

export function instant(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString()
}

/** YYYYMMDD, UTC. */
export function dayNumber(atMs: number): number {
  return Number(new Date(atMs).toISOString().slice(0, 10).replaceAll('-', ''))
}

/** HHMMSS, UTC. */
export function timeNumber(atMs: number): number {
  return Number(new Date(atMs).toISOString().slice(11, 19).replaceAll(':', ''))
}
