import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresUsageStore, usageMigrations } from '../../gateway/usage/postgres.ts'
import { assetPath } from '../../platform/assets.ts'
import { migrate } from '../../platform/sql/migrate.ts'
import { openTestDatabase, type TestDatabase } from '../support/postgres.ts'

const run = (script: string, args: readonly string[], url: string) =>
  promisify(execFile)(process.execPath, ['--import', 'tsx', assetPath(`scripts/${script}.ts`), ...args], {
    env: { ...process.env, DATABASE_URL: url },
    timeout: 60_000,
  }).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      text: error.stdout + error.stderr,
    }),
  )

describe('the scripts for owners of the schema', () => {
  let opened: TestDatabase
  const lastSeenAt = new Date('2026-11-20T10:00:00Z')
  beforeAll(async () => {
    opened = await openTestDatabase()
    await migrate(opened.database, [usageMigrations()])
    const base = { tenant: 'test', clientId: 'acme', version: '2026-10', uses: 3, lastSeenAt }
    await createPostgresUsageStore(opened.database).add([
      { ...base, coordinate: 'Availability.asOf' },
      { ...base, coordinate: 'Query.orders' },
    ])
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  it('find that the working schema keeps what released versions promised', async () => {
    const { code, text } = await run('schema-check', [], opened.url)
    expect(text).toContain(' 0 of them not reviewed')
    expect(code).toBe(0)
  })

  it('release no version twice, and none that the calendar has not', async () => {
    expect(await run('schema-check', ['--release', '2026-10'], opened.url)).toMatchObject({
      code: 1,
      text: expect.stringContaining('it is released, and what clients were promised stays'),
    })
    expect(await run('schema-check', ['--release', '2031-01'], opened.url)).toMatchObject({
      code: 1,
      text: expect.stringContaining('schema/versions.json has 2026-07, 2026-10'),
    })
  })

  it('report who uses what, and who still uses what is deprecated', async () => {
    const all = await run('schema-usage', [], opened.url)
    expect(all.text.trim().split('\n')).toEqual([
      '2026-11-20T10:00:00.000Z acme 2026-10 Availability.asOf 3',
      '2026-11-20T10:00:00.000Z acme 2026-10 Query.orders 3',
    ])
    const deprecated = await run('schema-usage', ['--deprecated', '--json'], opened.url)
    expect(JSON.parse(deprecated.text)).toMatchObject([{ clientId: 'acme', coordinate: 'Availability.asOf' }])
    expect(await run('schema-usage', [], '')).toMatchObject({ code: 1, text: expect.stringContaining('DATABASE_URL') })
  })
})
