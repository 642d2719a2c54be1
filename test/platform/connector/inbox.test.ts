import { createHmac, timingSafeEqual } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { WebhookRequest, WebhookSource } from '../../../platform/connector/connector.ts'
import { createInbox } from '../../../platform/connector/inbox.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import { ingestOver, openConnectorStore, readEvents, readLetters, thingHandler } from '../../support/connector.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import type { TestDatabase } from '../../support/postgres.ts'

const secret = 'of the test'
let store: TestDatabase
let clock: FakeClock
beforeEach(async () => {
  store = await openConnectorStore()
  clock = createFakeClock()
})
afterEach(async () => {
  await store[Symbol.asyncDispose]()
})

const sign = (body: Uint8Array) => createHmac('sha256', secret).update(body).digest('hex')

const till: WebhookSource = {
  system: 'till',
  verify({ rawBody, headers }) {
    const expected = Buffer.from(sign(rawBody))
    const given = Buffer.from(headers['x-signature'] ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new AppError('UNAUTHENTICATED', 'Cannot accept the message: its signature is wrong')
    }
  },
  identify({ rawBody }) {
    const { id, sku, price } = JSON.parse(Buffer.from(rawBody).toString())
    const receivedAt = clock.now().toISOString()
    return { messageKey: id, documents: [{ system: 'till', kind: 'thing', key: sku, data: { price }, receivedAt }] }
  },
}

function requestOf(content: { id: string; sku: string; price: number }): WebhookRequest {
  const rawBody = Buffer.from(JSON.stringify(content))
  return { rawBody, headers: { 'x-signature': sign(rawBody) } }
}

const inboxOver = (handlers = [thingHandler('thing')], database = store.database) =>
  createInbox({ database, ingest: ingestOver(database, handlers), clock: clock.now })

describe('the inbox', () => {
  it('turns a signed message into events once, however often it comes', async () => {
    const inbox = inboxOver()
    const request = requestOf({ id: 'm1', sku: 'a', price: 1 })
    const answers = await Promise.all([inbox.receive(till, request), inbox.receive(till, request)])
    expect(answers.map(({ status }) => status).sort()).toEqual(['accepted', 'duplicate'])
    expect(await inbox.receive(till, request)).toEqual({ status: 'duplicate' })
    expect(await readEvents(store.database)).toHaveLength(1)
  })

  it('refuses a wrong signature before anything is read or stored', async () => {
    const request = { ...requestOf({ id: 'm1', sku: 'a', price: 1 }), rawBody: Buffer.from('not even json') }
    await expect(inboxOver().receive(till, request)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    const { rows } = await store.database.query('select from connector.inbox', [])
    expect(rows).toEqual([])
  })

  it('keeps what it accepted when delivery fails, and delivers it later', async () => {
    const { database } = store
    const failing = { deliver: () => Promise.reject(new AppError('UPSTREAM_UNAVAILABLE', 'Cannot reach the store')) }
    const inbox = createInbox({ database, ingest: failing, clock: clock.now })
    expect(await inbox.receive(till, requestOf({ id: 'm1', sku: 'a', price: 1 }))).toEqual({ status: 'accepted' })
    expect(await readEvents(database)).toHaveLength(0)
    const later = inboxOver()
    expect(await later.drain()).toBe(1)
    expect(await later.drain()).toBe(0)
    expect(await readEvents(database)).toHaveLength(1)
  })

  it('never lets a message that waited overwrite a newer one', async () => {
    const { database } = store
    const failing = { deliver: () => Promise.reject(new AppError('UPSTREAM_UNAVAILABLE', 'Cannot reach the store')) }
    await createInbox({ database, ingest: failing, clock: clock.now }).receive(
      till,
      requestOf({ id: 'm1', sku: 'a', price: 1 }),
    )
    clock.advance(1_000)
    const inbox = inboxOver()
    await inbox.receive(till, requestOf({ id: 'm2', sku: 'a', price: 2 }))
    await inbox.drain()
    const { rows } = await database.query('select data from connector.source_documents', [])
    expect(rows).toEqual([{ data: { price: 2 } }])
  })

  it('accepts what cannot be mapped, as a dead letter: the sender cannot help it', async () => {
    expect(await inboxOver().receive(till, requestOf({ id: 'm1', sku: 'a', price: -1 }))).toEqual({
      status: 'accepted',
    })
    expect(await readLetters(store.database)).toEqual([
      expect.objectContaining({ key: 'a', field: 'price', open: true }),
    ])
  })

  it('knows a message for a week and then forgets it', async () => {
    const inbox = inboxOver()
    const request = requestOf({ id: 'm1', sku: 'a', price: 1 })
    await inbox.receive(till, request)
    clock.advance(6.9 * 24 * 3_600_000)
    await inbox.drain()
    expect(await inbox.receive(till, request)).toEqual({ status: 'duplicate' })
    clock.advance(24 * 3_600_000)
    await inbox.drain()
    expect(await inbox.receive(till, request)).toEqual({ status: 'accepted' })
    expect(() =>
      createInbox({ database: store.database, ingest: ingestOver(store.database, []), clock: clock.now, keepMs: 1 }),
    ).toThrow(RangeError)
  })
})
