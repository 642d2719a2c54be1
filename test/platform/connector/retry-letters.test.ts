import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../platform/clock.ts'
import type { SourceHandler } from '../../../platform/connector/connector.ts'
import { createIdentityStore } from '../../../platform/connector/identity.ts'
import { retryLetters } from '../../../platform/connector/retry-letters.ts'
import { createIdMinter } from '../../../platform/ids.ts'
import { documentOf, ingestOver, openConnectorStore, readEvents, thingHandler } from '../../support/connector.ts'
import type { TestDatabase } from '../../support/postgres.ts'

describe('retryLetters', () => {
  let test: TestDatabase
  beforeEach(async () => {
    test = await openConnectorStore()
  })
  afterEach(async () => test[Symbol.asyncDispose]())

  const strict = thingHandler('thing')
  /** The rule as it is after somebody mended it: a price of -1 means none. */
  const mended: SourceHandler = {
    ...strict,
    version: 2,
    normalize(document, context) {
      const data = document.data?.price === -1 ? { sku: 'none' } : document.data
      return strict.normalize({ ...document, data }, context)
    },
  }
  const retry = (handler: SourceHandler) =>
    retryLetters({
      database: test.database,
      ingest: ingestOver(test.database, [handler]),
      handlers: [handler],
      identities: createIdentityStore({ database: test.database, tenant: 'test', ids: createIdMinter(systemClock) }),
      tenant: 'test',
      signal: AbortSignal.timeout(20_000),
    })
  const open = async () =>
    (
      await test.database.query<{ key: string; attempts: number }>(
        'select key, attempts from connector.dead_letters where resolved_at is null order by key',
        [],
      )
    ).rows

  it('delivers what a mended rule accepts and leaves the rest as it was', async () => {
    await ingestOver(test.database, [strict]).deliver({
      system: 'erp',
      documents: [documentOf('a', { price: -1 }), documentOf('b', { price: -2 })],
    })
    expect(await retry(strict)).toBe(0)
    expect(await retry(mended)).toBe(1)
    expect(await open()).toEqual([{ key: 'b', attempts: 1 }])
    expect((await readEvents(test.database)).map(({ data }) => data.key)).toEqual(['a'])
  })

  it('never takes a row that could not be read for a document', async () => {
    await ingestOver(test.database, [strict]).deliver({
      system: 'erp',
      documents: [],
      failures: [
        { kind: 'thing', key: 'bytes', reason: 'Cannot read thing', raw: ['\\377'] },
        { kind: 'unknown', key: 'c', reason: 'Cannot map', raw: { price: 1 } },
      ],
    })
    expect(await retry(mended)).toBe(0)
    expect((await open()).map(({ key }) => key)).toEqual(['bytes', 'c'])
  })

  it('does not bring back what a newer version has replaced', async () => {
    const ingest = ingestOver(test.database, [mended])
    await ingestOver(test.database, [strict]).deliver({
      system: 'erp',
      documents: [documentOf('a', { price: -1 }, { receivedAt: '2026-01-01T00:00:00.000Z' })],
    })
    await ingest.deliver({ system: 'erp', documents: [documentOf('a', { price: 5 })] })
    await test.database.query("update connector.dead_letters set resolved_at = null, last_seen_at = '2026-01-01'")
    await retry(mended)
    expect((await readEvents(test.database)).map(({ data }) => data.now)).toEqual([{ price: 5 }])
    expect(await open()).toEqual([])
  })
})
