import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresUsageStore, usageMigrations } from '../../gateway/usage/postgres.ts'
import { assetPath } from '../../platform/assets.ts'
import { openMigratedDatabase, type TestDatabase } from '../support/postgres.ts'

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
    opened = await openMigratedDatabase(usageMigrations())
    const base = { tenant: 'test', clientId: 'acme', version: '2026-10', uses: 3, lastSeenAt }
    await createPostgresUsageStore(opened.database).add([
      { ...base, coordinate: 'Availability.asOf' },
      { ...base, coordinate: 'Query.orders' },
      { ...base, coordinate: 'Query.orderOfOld' },
    ])
  })
  afterAll(() => opened[Symbol.asyncDispose]())

  it('find that the working schema keeps what released versions promised', async () => {
    const { code, text } = await run('schema-check', [], opened.url)
    expect(text).toContain(' 0 of them not reviewed')
    expect(code).toBe(0)
  })

  describe('over snapshots of their own', () => {
    let folder: string
    const snapshot = () => join(folder, '2026-10.graphql')
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'storeloom-released-'))
      await cp(assetPath('schema/released'), folder, { recursive: true })
    })
    afterAll(() => rm(folder, { recursive: true }))

    it('fail on a breaking change that nobody reviewed, and name it and whom it would break', async () => {
      const promised = await readFile(snapshot(), 'utf8')
      await writeFile(snapshot(), promised.replace('type Query {', 'type Query {\n  orderOfOld: Int'))
      const { code, text } = await run('schema-check', ['--released', folder], opened.url)
      expect(code).toBe(1)
      expect(text).toContain(
        '2026-10: Query.orderOfOld was removed. NOT REVIEWED; would break acme (last seen 2026-11-20)',
      )
      expect(text).toContain('1 of them not reviewed')
      expect(await run('schema-publish', ['2026-10', '--released', folder], opened.url)).toMatchObject({
        code: 1,
        text: expect.stringContaining('Query.orderOfOld was removed.'),
      })
      expect(await readFile(snapshot(), 'utf8')).toContain('orderOfOld')
      await writeFile(snapshot(), promised)
    }, 120_000)

    it('publish a version, and again with what came since', async () => {
      await rm(snapshot())
      expect(await run('schema-check', ['--released', folder], opened.url)).toMatchObject({
        code: 1,
        text: expect.stringContaining('2026-10 has no snapshot: npm run schema:publish -- 2026-10'),
      })
      const publish = (version: string) => run('schema-publish', [version, '--released', folder], opened.url)
      expect(await publish('2026-10')).toEqual({ code: 0, text: '2026-10 is published, with 0 additions\n' })
      const whole = await readFile(snapshot(), 'utf8')
      await writeFile(snapshot(), whole.replace(/^ {2}locations\(.*\n/m, ''))
      expect(await publish('2026-10')).toMatchObject({
        code: 0,
        text: expect.stringContaining('new: Query.locations\n'),
      })
      expect(await readFile(snapshot(), 'utf8')).toBe(whole)
    }, 120_000)
  })

  it('report who uses what, and who still uses what is deprecated', async () => {
    const all = await run('schema-usage', [], opened.url)
    expect(all.text.trim().split('\n')).toEqual([
      '2026-11-20T10:00:00.000Z acme 2026-10 Availability.asOf 3',
      '2026-11-20T10:00:00.000Z acme 2026-10 Query.orderOfOld 3',
      '2026-11-20T10:00:00.000Z acme 2026-10 Query.orders 3',
    ])
    const deprecated = await run('schema-usage', ['--deprecated', '--json'], opened.url)
    expect(JSON.parse(deprecated.text)).toMatchObject([{ clientId: 'acme', coordinate: 'Availability.asOf' }])
    expect(await run('schema-usage', [], '')).toMatchObject({ code: 1, text: expect.stringContaining('DATABASE_URL') })
  }, 120_000)
})
