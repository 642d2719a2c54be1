import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { migrate } from '../../../platform/sql/migrate.ts'
import { openTestDatabase, type TestDatabase } from '../../support/postgres.ts'

describe('migrate', () => {
  let test: TestDatabase
  let root: string

  beforeEach(async () => {
    test = await openTestDatabase()
    root = await mkdtemp(join(tmpdir(), 'migrations-'))
  })
  afterEach(async () => {
    await rm(root, { recursive: true })
    await test[Symbol.asyncDispose]()
  })

  const setOf = async (owner: string, files: Readonly<Record<string, string>>) => {
    const folder = join(root, owner)
    await mkdir(folder, { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
    return { owner, folder }
  }

  it('applies files in name order, set by set, and each only once', async () => {
    const first = await setOf('one', {
      '002-b.sql': 'insert into log values (2)',
      '001-a.sql': 'create table log (n int); insert into log values (1);',
      'notes.txt': 'not sql',
    })
    const second = await setOf('two', { '001-a.sql': 'insert into log values (3)' })
    expect(await migrate(test.database, [first, second])).toEqual(['one/001-a.sql', 'one/002-b.sql', 'two/001-a.sql'])
    await setOf('one', { '003-c.sql': 'insert into log values (4)' })
    expect(await migrate(test.database, [first, second])).toEqual(['one/003-c.sql'])
    expect((await test.database.query('select n from log')).rows).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }])
  })

  it('refuses a file that changed after it was applied, but not one whose line ends were turned', async () => {
    const set = await setOf('one', { '001-a.sql': 'create table t (n int);\n' })
    await migrate(test.database, [set])
    await setOf('one', { '001-a.sql': 'create table t (n int);\r\n' })
    expect(await migrate(test.database, [set])).toEqual([])
    await setOf('one', { '001-a.sql': 'create table t (n bigint);\n' })
    await expect(migrate(test.database, [set])).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('one/001-a.sql'),
    })
  })

  it('refuses to go on when an applied file is gone', async () => {
    const set = await setOf('one', { '001-a.sql': 'create table t (n int)' })
    await migrate(test.database, [set])
    await rm(join(set.folder, '001-a.sql'))
    await expect(migrate(test.database, [set])).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('leaves nothing behind when a file fails, and names the file', async () => {
    const set = await setOf('one', { '001-a.sql': 'create table t (n int)', '002-b.sql': 'create tabel u (n int)' })
    await expect(migrate(test.database, [set])).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining('one/002-b.sql'),
    })
    const { rows } = await test.database.query(
      `select to_regclass('t') as t, to_regclass('storeloom.migrations') as ledger`,
    )
    expect(rows).toEqual([{ t: null, ledger: null }])
  })

  it('applies each file once when several processes start at once', async () => {
    const set = await setOf('one', { '001-a.sql': 'create table t (n int)', '002-b.sql': 'insert into t values (1)' })
    const starts = Array.from({ length: 5 }, () => migrate(test.open(), [set]))
    const applied = (await Promise.all(starts)).flat()
    expect(applied.sort()).toEqual(['one/001-a.sql', 'one/002-b.sql'])
    expect((await test.database.query('select n from t')).rowCount).toBe(1)
  })
})
