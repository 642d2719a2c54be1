import { expect, it } from 'vitest'
import { renormalizeStored } from '../../../platform/connector/renormalize.ts'
import { documentOf, ingestOver, openConnectorStore, readEvents, thingHandler } from '../../support/connector.ts'

it('normalises stored documents again when their handler is newer, once, and no others', async () => {
  await using store = await openConnectorStore()
  const { database } = store
  const documents = Array.from({ length: 600 }, (_, n) => documentOf(`${n}`, { price: n }))
  const others = [documentOf('o', { price: 1 }, { kind: 'other' })]
  const { signal } = new AbortController()
  const before = ingestOver(database, [thingHandler('thing'), thingHandler('other', 'order')])
  await before.deliver({ system: 'erp', documents: [...documents, ...others] })
  await before.deliver({ system: 'erp', documents: [documentOf('0', null)] })
  const handlers = [thingHandler('thing', 'variant', 2), thingHandler('other', 'order')]
  const ingest = ingestOver(database, handlers)
  expect(await renormalizeStored({ database, ingest, handlers, signal })).toBe(599)
  expect(await renormalizeStored({ database, ingest, handlers, signal })).toBe(0)
  const events = await readEvents(database)
  expect(events).toHaveLength(601 + 1 + 599)
  expect(new Set(events.map(({ subject }) => subject)).size).toBe(601)
})
