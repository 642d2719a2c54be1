import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../platform/clock.ts'
import type { IdentityResolver } from '../../../platform/connector/connector.ts'
import { createIdentityStore } from '../../../platform/connector/identity.ts'
import { createIdMinter } from '../../../platform/ids.ts'
import type { Database } from '../../../platform/sql/database.ts'
import { openConnectorStore } from '../../support/connector.ts'
import type { TestDatabase } from '../../support/postgres.ts'

let store: TestDatabase
beforeEach(async () => {
  store = await openConnectorStore()
})
afterEach(async () => {
  await store[Symbol.asyncDispose]()
})

const storeOver = (database: Database) =>
  createIdentityStore({ database, tenant: 'test', ids: createIdMinter(systemClock) })

/** What a pure caller sees: it asks, everything is settled, and it asks again. */
async function ask<T>(identities: ReturnType<typeof storeOver>, read: (ids: IdentityResolver) => T): Promise<T> {
  const session = identities.open()
  read(session.ids)
  await session.settle()
  const answer = read(session.ids)
  expect(session.pendingCount()).toBe(0)
  return answer
}

const sku = (value: string) => ({ namespace: 'sku', value })

describe('natural keys', () => {
  it('mint one id per thing, with the prefix of its kind, and give it again', async () => {
    const identities = storeOver(store.database)
    const [variant, order] = await ask(identities, (ids) => [
      ids.idOf('variant', 'erp', '7'),
      ids.idOf('order', 'erp', '7'),
    ])
    expect(variant).toMatch(/^var_[0-9A-HJKMNP-TV-Z]{26}$/)
    expect(order).toMatch(/^ord_/)
    expect(await ask(storeOver(store.database), (ids) => ids.idOf('variant', 'erp', '7'))).toBe(variant)
  })

  it('let names of one document meet what other systems call by them, whichever came first', async () => {
    const identities = storeOver(store.database)
    const referred = await ask(identities, (ids) => ids.idOf('variant', 'sku', 'A-1'))
    const owned = await ask(identities, (ids) =>
      ids.idOf('variant', 'erp', '1', [sku('A-1'), { namespace: 'gtin', value: '1' }]),
    )
    expect(owned).toBe(referred)
    expect(await ask(identities, (ids) => ids.idOf('variant', 'gtin', '1'))).toBe(referred)
  })

  it("never merge two things: the owner system's key wins and the conflict is recorded", async () => {
    const identities = storeOver(store.database)
    const one = await ask(identities, (ids) => ids.idOf('variant', 'erp', '1'))
    const other = await ask(identities, (ids) => ids.idOf('variant', 'sku', 'A-1'))
    expect(await ask(storeOver(store.database), (ids) => ids.idOf('variant', 'erp', '1', [sku('A-1')]))).toBe(one)
    expect(await ask(identities, (ids) => ids.idOf('variant', 'sku', 'A-1'))).toBe(other)
    const { rows } = await store.database.query(
      'select kind, namespace, value, id, claimed_id from connector.identity_conflicts',
      [],
    )
    expect(rows).toEqual([{ kind: 'variant', namespace: 'sku', value: 'A-1', id: other, claimed_id: one }])
  })

  it('agree between processes that meet the same new names at once', async () => {
    const names = Array.from({ length: 100 }, (_, n) => n)
    const answers = await Promise.all(
      [store.open(), store.open(), store.open(), store.open()].map((database, process) =>
        ask(storeOver(database), (ids) =>
          names.map((n) =>
            process % 2 === 0
              ? ids.idOf('variant', 'erp', `${n}`, [sku(`S${n}`)])
              : ids.idOf('variant', 'sku', `S${n}`, [{ namespace: 'erp', value: `${n}` }]),
          ),
        ),
      ),
    )
    expect(new Set(answers.map((ids) => ids.join())).size).toBe(1)
    expect(new Set(answers[0]).size).toBe(100)
  })

  it('answer from memory the second time', async () => {
    const identities = storeOver(store.database)
    await ask(identities, (ids) => ids.idOf('variant', 'erp', '1', [sku('A')]))
    const before = store.database.statementCount()
    await ask(identities, (ids) => ids.idOf('variant', 'erp', '1', [sku('A')]))
    expect(store.database.statementCount()).toBe(before)
  })
})
