import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { assetPath } from '../../../platform/assets.ts'
import { loadEstate } from '../../../platform/connector/estate.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'storeloom-estate-'))
  await writeFile(join(folder, 'things.sql'), "select id as key, '{}'::jsonb as data from thing;\n")
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const system = {
  id: 'erp',
  connector: 'postgres',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the estate's own notation
  url: '${ERP_URL}',
  changes: { mode: 'poll' },
  freshness: { softTtlMs: 1_000, hardTtlMs: 2_000 },
  documents: [{ kind: 'thing', sql: 'things.sql', watch: [{ table: 'thing', key: 'id', highWater: 'updated_at' }] }],
}
const env = { ERP_URL: 'postgresql://erp:hush@db/erp' }

async function load(estate: unknown, environment: Record<string, string> = env) {
  await writeFile(join(folder, 'estate.json'), JSON.stringify(estate))
  return await loadEstate(folder, environment)
}
const estateOf = (overrides: object) => ({ name: 'test', systems: [{ ...system, ...overrides }] })

describe('an estate', () => {
  it('is read with its mappings, defaults and the environment put in', async () => {
    const estate = await load({ name: 'test', systems: [system] })
    expect(estate.channels).toEqual([])
    expect(estate.systems[0]).toMatchObject({
      url: 'postgresql://erp:hush@db/erp',
      pageSize: 500,
      changes: { mode: 'poll', intervalMs: 2_000, overlap: 30_000 },
      documents: [{ kind: 'thing', file: 'things.sql', sql: "select id as key, '{}'::jsonb as data from thing\n" }],
    })
  })

  it('that ships reads well: northwind', async () => {
    const { channels, systems } = await loadEstate(assetPath('estates/northwind'), {
      NORTHWIND_URL: 'postgres://db/nw',
    })
    expect(channels.map(({ id }) => id)).toEqual(['wholesale'])
    expect(systems[0]?.documents.map(({ kind }) => kind)).toEqual([
      'location',
      'variant',
      'price',
      'stock',
      'customer',
      'order',
      'shipment',
    ])
  })

  it('names the environment variable that is not set', async () => {
    await expect(load(estateOf({}), {})).rejects.toThrow(/environment variable ERP_URL is not set/)
  })

  it('lists the connectors there are when it names another', async () => {
    await expect(load(estateOf({ connector: 'telex' }))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/estate\.json: systems\.0\.connector is .*telex.*allowed is .*postgres/),
    })
  })

  it('names the member that is wrong, its value and what is allowed', async () => {
    await expect(load(estateOf({ changes: { mode: 'guess' } }))).rejects.toThrow(
      /systems\.0\.changes\.mode is "guess", allowed is "replication", "poll", "compare"/,
    )
    await expect(load(estateOf({ documents: [{ kind: 'thing', sql: '../x.sql' }] }))).rejects.toThrow(
      /systems\.0\.documents\.0\.sql is "\.\.\/x\.sql", allowed is a \.sql file/,
    )
    await expect(load(estateOf({ colour: 'red' }))).rejects.toThrow(/allowed is no field "colour"/)
    const unmarked = { kind: 'thing', sql: 'things.sql', watch: [{ table: 'thing', key: 'id' }] }
    await expect(load(estateOf({ documents: [unmarked] }))).rejects.toThrow(
      /a highWater for every watched table of thing/,
    )
    await expect(load({ name: 'test', systems: [system, system] })).rejects.toThrow(/erp is taken/)
    await expect(load(estateOf({ documents: [{ kind: 'thing', sql: 'gone.sql' }] }))).rejects.toThrow(
      /gone\.sql cannot be opened/,
    )
  })

  it('never shows a wrong address, which may hold a password', async () => {
    const failure = await load(estateOf({}), { ERP_URL: 'mysql://erp:hush@db/erp' }).catch((error: unknown) =>
      String(error),
    )
    expect(failure).toContain('systems.0.url is a value not shown')
    expect(failure).not.toContain('hush')
  })
})
