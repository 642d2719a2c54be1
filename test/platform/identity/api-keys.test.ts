import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ApiKeys, createApiKeys, type KeyHolder, keyIdOf } from '../../../platform/identity/api-keys.ts'
import { createKeyChecker } from '../../../platform/identity/key-checker.ts'
import { identityMigrations } from '../../../platform/identity/migrations.ts'
import { openMigratedDatabase, type TestDatabase } from '../../support/postgres.ts'

const holder: KeyHolder = {
  kind: 'partner',
  clientId: 'amazon',
  scopes: [],
  partnerId: 'amazon',
  channelIds: ['amazon'],
}
const viewer = { ...holder, tenant: 'demo' }

describe('API keys', () => {
  let test: TestDatabase
  let keys: ApiKeys
  let now = new Date('2026-11-21T09:00:00Z')
  let reads = 0
  const clock = () => now
  const later = (ms: number) => {
    now = new Date(now.getTime() + ms)
  }
  const counted = {
    read(id: string) {
      reads += 1
      return keys.read(id)
    },
  }
  const checker = () => createKeyChecker({ keys: counted, clock, onFailure() {} })
  const ask = async (one: ReturnType<typeof checker>, key: string) =>
    Promise.resolve()
      .then(() => one.viewerOf(key))
      .then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      )

  beforeAll(async () => {
    test = await openMigratedDatabase(identityMigrations())
    keys = createApiKeys({ database: test.database, tenant: 'demo', clock })
  })
  afterAll(() => test[Symbol.asyncDispose]())
  beforeEach(() => {
    reads = 0
  })

  it('say whose they are, and are kept as a hash alone', async () => {
    const { id, key } = await keys.create(holder)
    expect(key.startsWith(`${id}_`)).toBe(true)
    expect(keyIdOf(key)).toBe(id)
    expect(await checker().viewerOf(key)).toEqual({ ...viewer, keyId: id })
    const { rows } = await test.database.query<{ line: string }>('SELECT t::text AS line FROM identity.api_keys t')
    expect(rows.map(({ line }) => line).join()).not.toContain(key.slice(id.length + 1))
    expect(await keys.list()).toContainEqual({
      id,
      clientId: 'amazon',
      createdAt: now,
      expiresAt: null,
      revokedAt: null,
    })
  })

  it('are refused when guessed', async () => {
    const { id, key } = await keys.create(holder)
    const one = checker()
    const guessed = `${id}_${'A'.repeat(43)}`
    expect(await ask(one, guessed)).toBe('UNAUTHENTICATED')
    expect(await ask(one, key)).toBe('accepted')
    expect(await ask(one, guessed)).toBe('UNAUTHENTICATED')
    expect(await ask(one, key.slice(0, -1))).toBe('UNAUTHENTICATED')
    expect(await ask(one, `slk_${'a'.repeat(12)}_${'A'.repeat(43)}`)).toBe('UNAUTHENTICATED')
    expect(await ask(one, '')).toBe('UNAUTHENTICATED')
  })

  it('in use wait for no statement, and end in every process within a second of being revoked', async () => {
    const { id, key } = await keys.create(holder)
    const [here, there] = [checker(), checker()]
    expect([await ask(here, key), await ask(there, key)]).toEqual(['accepted', 'accepted'])
    expect(here.viewerOf(key)).toEqual({ ...viewer, keyId: id })
    await keys.revoke(id)
    later(950)
    expect([await ask(here, key), await ask(there, key)]).toEqual(['UNAUTHENTICATED', 'UNAUTHENTICATED'])
    expect(await here.isGood(id)).toBe(false)
  })

  it('in use are read anew before they are too old', async () => {
    const { id, key } = await keys.create(holder)
    const one = checker()
    await one.viewerOf(key)
    later(500)
    expect(one.viewerOf(key)).toEqual({ ...viewer, keyId: id })
    expect(reads).toBe(2)
    await keys.revoke(id)
    later(450)
    await expect.poll(() => ask(one, key), { timeout: 5_000, interval: 5 }).toBe('accepted')
    later(900)
    expect(await ask(one, key)).toBe('UNAUTHENTICATED')
  })

  it('asked for by many at once are read once', async () => {
    const { key } = await keys.create(holder)
    const one = checker()
    await Promise.all(Array.from({ length: 50 }, () => one.viewerOf(key)))
    expect(reads).toBe(1)
  })

  it('rotate with an overlap', async () => {
    const old = await keys.create(holder)
    const next = await keys.rotate(old.id, 60_000)
    const one = checker()
    expect([await ask(one, old.key), await ask(one, next.key)]).toEqual(['accepted', 'accepted'])
    later(60_001)
    expect([await ask(one, old.key), await ask(one, next.key)]).toEqual(['UNAUTHENTICATED', 'accepted'])
  })

  it('that are not there cannot be changed', async () => {
    await expect(keys.revoke('slk_none')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(keys.rotate('slk_none', 1)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it('let nobody in while it cannot be told whether they are good', async () => {
    const { key } = await keys.create(holder)
    const away = createKeyChecker({ keys: { read: () => Promise.reject(new Error('away')) }, clock, onFailure() {} })
    await expect(Promise.resolve(away.viewerOf(key))).rejects.toThrow('away')
  })
})
