import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { type MigrationSet, migrate } from '../../platform/sql/migrate.ts'
import { openPostgres } from '../../platform/sql/postgres.ts'

/**
 * Makes the database `name` as these migrations leave one. They run once per server, into a template that further
 * calls copy; the templates carry the hash of the migrations' texts. They stay on the server, at most one per list of
 * owners: a changed text takes the place of the former one. Of callers that meet, in whichever process, one makes the
 * template and the others wait for it.
 *
 * @param admin connected to the server's `postgres` database, where all callers' locks meet
 * @param url of any database of the server
 */
export async function createFromTemplate(
  admin: pg.Client,
  url: string,
  name: string,
  sets: readonly MigrationSet[],
): Promise<void> {
  const family = familyOf(sets)
  const template = `${family}_${hashOf(await Promise.all(sets.map(readSet)))}`
  for (;;) {
    await admin.query('select pg_advisory_lock_shared(hashtext($1))', [family])
    try {
      if (await exists(admin, template)) {
        // The other strategy writes every page to the log and was ten times as slow.
        await admin.query(`create database ${name} template ${template} strategy file_copy`)
        return
      }
    } finally {
      await admin.query('select pg_advisory_unlock_shared(hashtext($1))', [family])
    }
    await makeTemplate(admin, url, family, template, sets)
  }
}

/** Under another name until it is whole; closed to connections, because one that is open keeps it from being copied. */
async function makeTemplate(
  admin: pg.Client,
  url: string,
  family: string,
  template: string,
  sets: readonly MigrationSet[],
): Promise<void> {
  await admin.query('select pg_advisory_lock(hashtext($1))', [family])
  try {
    if (await exists(admin, template)) return
    const { rows } = await admin.query<{ datname: string }>(
      'select datname from pg_database where starts_with(datname, $1)',
      [family],
    )
    for (const { datname } of rows) await admin.query(`drop database ${datname} with (force)`)
    const unfinished = `${family}_unfinished`
    await admin.query(`create database ${unfinished} strategy file_copy`)
    await migrateAt(url, unfinished, sets)
    await admin.query(`alter database ${unfinished} allow_connections false`)
    await admin.query(`alter database ${unfinished} rename to ${template}`)
  } finally {
    await admin.query('select pg_advisory_unlock(hashtext($1))', [family])
  }
}

async function migrateAt(url: string, name: string, sets: readonly MigrationSet[]): Promise<void> {
  const target = new URL(url)
  target.pathname = `/${name}`
  await using database = openPostgres({ url: target.href, poolSize: 1 })
  await migrate(database, sets)
}

async function exists(admin: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [name])
  return rowCount === 1
}

async function readSet({ owner, folder }: MigrationSet): Promise<readonly string[]> {
  const files = (await readdir(folder)).sort()
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return [owner, ...files, ...texts]
}

/** How the names of all templates of these owners begin. */
export function familyOf(sets: readonly MigrationSet[]): string {
  return `template_${hashOf(sets.map(({ owner }) => owner))}`
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16)
}
