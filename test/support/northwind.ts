import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { assetPath } from '../../platform/assets.ts'
import { openTestDatabase, type TestDatabase } from './postgres.ts'

/** The real Northwind database as its project publishes it; it lies beside the repository, not in it. */
export const northwindFile = join(assetPath('..'), 'shared', 'fixtures', 'northwind', 'northwind.sql')

export function isNorthwindHere(): boolean {
  return existsSync(northwindFile)
}

/** @returns a fresh database holding Northwind, no column changed. @throws Error when the file is not there */
export async function openNorthwind(): Promise<TestDatabase> {
  if (!isNorthwindHere())
    throw new Error('Cannot load Northwind: ../shared/fixtures/northwind/northwind.sql is not there')
  const text = await readFile(northwindFile, 'utf8')
  const test = await openTestDatabase()
  const client = new pg.Client({ connectionString: test.url })
  try {
    await client.connect()
    // Lines that begin with a backslash speak to psql, not to the server.
    await client.query(text.replaceAll(/^\\.*$/gm, ''))
  } finally {
    await client.end()
  }
  return test
}
