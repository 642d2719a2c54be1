import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors/app-error.ts'
import type { Database, Queryable, Transaction } from './database.ts'

/** A folder of plain `.sql` files, applied in name order under the owner's name. */
export type MigrationSet = { readonly owner: string; readonly folder: string }

/**
 * Brings the database's schema up to date, forward only. All of it is one transaction under one advisory lock: two
 * processes that start at once apply each file once, and a file that fails leaves nothing behind.
 *
 * @returns `owner/file` of what was applied now, in order; empty when all was applied before
 * @throws AppError `CONFLICT` when a file applied before has changed or is gone; `INTERNAL` naming the file that failed
 */
export async function migrate(database: Database, sets: readonly MigrationSet[]): Promise<readonly string[]> {
  const files = (await Promise.all(sets.map(readSet))).flat()
  return await database.transaction(
    async (transaction) => {
      await transaction.query('select pg_advisory_xact_lock($1)', [lockKey])
      await transaction.query(ledgerText)
      const applied = await readLedger(transaction)
      checkLedger(applied, files, sets)
      const pending = files.filter((file) => !applied.has(nameOf(file)))
      for (const file of pending) await apply(transaction, file)
      return pending.map(nameOf)
    },
    { timeoutMs: migrationTimeoutMs },
  )
}

type MigrationFile = { readonly owner: string; readonly file: string; readonly text: string; readonly checksum: string }

const lockKey = 7_300_001n
const migrationTimeoutMs = 300_000

const ledgerText = `
  create schema if not exists storeloom;
  create table if not exists storeloom.migrations (
    owner text not null,
    file text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    primary key (owner, file)
  )`

async function readSet(set: MigrationSet): Promise<readonly MigrationFile[]> {
  const names = (await readdir(set.folder)).filter((name) => name.endsWith('.sql')).sort()
  return await Promise.all(
    names.map(async (file) => {
      const text = await readFile(join(set.folder, file), 'utf8')
      // A checkout may turn line ends around; that changes nothing.
      const checksum = createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex')
      return { owner: set.owner, file, text, checksum }
    }),
  )
}

async function readLedger(queryable: Queryable): Promise<ReadonlyMap<string, string>> {
  const { rows } = await queryable.query<{ owner: string; file: string; checksum: string }>(
    'select owner, file, checksum from storeloom.migrations order by owner, file',
    [],
  )
  return new Map(rows.map((row) => [nameOf(row), row.checksum]))
}

function checkLedger(
  applied: ReadonlyMap<string, string>,
  files: readonly MigrationFile[],
  sets: readonly MigrationSet[],
): void {
  const present = new Map(files.map((file) => [nameOf(file), file.checksum]))
  for (const [name, checksum] of applied) {
    if (!sets.some((set) => name.startsWith(`${set.owner}/`))) continue
    const found = present.get(name)
    if (found === checksum) continue
    const what = found === undefined ? 'the file is gone' : 'its text has changed'
    throw new AppError(
      'CONFLICT',
      `Cannot migrate ${name}: it was applied before and ${what}; add a new file instead`,
      {
        details: { migration: name },
      },
    )
  }
}

async function apply(transaction: Transaction, file: MigrationFile): Promise<void> {
  try {
    await transaction.query(file.text)
  } catch (error) {
    if (error instanceof AppError) throw error
    throw new AppError('INTERNAL', `Cannot migrate ${nameOf(file)}: the database refused it`, { cause: error })
  }
  await transaction.query('insert into storeloom.migrations (owner, file, checksum) values ($1, $2, $3)', [
    file.owner,
    file.file,
    file.checksum,
  ])
}

function nameOf(file: { readonly owner: string; readonly file: string }): string {
  return `${file.owner}/${file.file}`
}
