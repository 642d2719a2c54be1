import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Ask, signIn } from '../support/sign-in.ts'
import { startTestApp, type TestApp } from '../support/start-app.ts'

const query = /* GraphQL */ `
  query Status($channelId: ID!, $numbers: [String!]!) {
    ordersByExternalNumber(channelId: $channelId, externalNumbers: $numbers) {
      externalNumber
      publicStatus
      shipments { carrier trackingNumber state }
    }
  }
`

describe('journey: a partner looks up its orders by its own numbers', () => {
  let app: TestApp
  let ask: Ask
  beforeAll(async () => {
    app = await startTestApp()
    ask = await signIn(app, 'partner')
  }, 120_000)
  afterAll(async () => app[Symbol.asyncDispose]())

  it('gets their status in the order asked, null for what it never sent', async () => {
    const numbers = ['AMZ-1000003', 'AMZ-9999999', 'AMZ-1000001', 'AMZ-1000002']
    const { data, errors } = await ask(query, { channelId: 'amazon', numbers })
    expect(errors).toBeUndefined()
    expect(
      data.ordersByExternalNumber.map((order: { publicStatus: string } | null) => order?.publicStatus ?? null),
    ).toEqual(['CANCELLED', null, 'DELIVERED', 'ON_ITS_WAY'])
    expect(data.ordersByExternalNumber[2].shipments).toMatchObject([{ state: 'DELIVERED' }])
  })

  it('finds nothing of another channel, nor of its own under another', async () => {
    const { data } = await ask(query, { channelId: 'web', numbers: ['AMZ-1000001'] })
    expect(data.ordersByExternalNumber).toEqual([null])
  })

  it('is refused more than a hundred numbers at once', async () => {
    const numbers = Array.from({ length: 101 }, (_, index) => `AMZ-${index}`)
    const { errors } = await ask(query, { channelId: 'amazon', numbers })
    expect(errors?.[0].extensions.code).toBe('BAD_USER_INPUT')
  })
})
