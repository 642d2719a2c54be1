import type { Clock } from '../../../platform/clock.ts'
import type { Database, Queryable, Row } from '../../../platform/sql/database.ts'
import type { Random } from '../random.ts'
import type { DemoSystem } from '../rows.ts'

export type DemoDatabases = Readonly<Record<DemoSystem, Database>>

/** What one step of trading works with. */
export type Trade = {
  readonly databases: DemoDatabases
  readonly random: Random
  readonly now: Clock
  /** The moment until the news of one system reaches the next. */
  pause(): Promise<void>
}

/** @returns what happened, e.g. `shipped O-5000012`; null when there was nothing to do */
export type Deed = (trade: Trade) => Promise<string | null>

/** Text and whole numbers only: the statements here cast what they read. */
export async function firstRow(database: Queryable, text: string, values: readonly unknown[]): Promise<Row | null> {
  const { rows } = await database.query(text, values)
  return rows[0] ?? null
}

export function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`Cannot read ${column}: expected text, got ${typeof value}`)
  return value
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : textOf(row, column)
}

export function wholeOf(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new TypeError(`Cannot read ${column}: expected a whole number, got ${typeof value}`)
  }
  return value
}
