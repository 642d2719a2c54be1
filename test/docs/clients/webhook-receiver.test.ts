import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assetPath } from '../../../platform/assets.ts'
import { type Ask, signIn } from '../../support/sign-in.ts'
import { startTestApp, type TestApp } from '../../support/start-app.ts'
import { until } from '../../support/until.ts'

const registerText = `mutation ($input: RegisterWebhookInput!) {
  registerWebhook(input: $input) { secret webhook { id state } }
}`
const operation = `subscription { priceChanged(channelIds: ["web"]) {
  ... on PriceEvent { cursor variant { sku product { title } } channelId }
} }`

type Example = AsyncDisposable & { readonly url: string; readonly lines: readonly string[] }

/** The example as its reader runs it. */
async function startExample(secret: string, port = 0): Promise<Example> {
  const child = spawn(process.execPath, [assetPath('docs/clients/webhook-receiver.mjs')], {
    env: { STORELOOM_SECRET: secret, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  const listening = await until('it listens', () => lines.find((line) => line.startsWith('listening ')))
  return {
    url: listening.slice('listening '.length),
    lines,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

describe('the example of a receiver', () => {
  let app: TestApp
  let ask: Ask
  beforeAll(async () => {
    app = await startTestApp({ STORELOOM_WEBHOOK_ALLOW_PRIVATE: 'true' })
    ask = await signIn(app, 'partner')
  }, 120_000)
  afterAll(() => app[Symbol.asyncDispose]())

  it('takes in what changes in a system of record, and refuses what is not signed for it', async () => {
    // The secret is known only after the url has been registered: the first pings find nobody.
    await using before = await startExample(`whsec_${Buffer.alloc(32, 1).toString('base64')}`)
    const { url } = before
    const { data, errors } = await ask(registerText, { input: { url, operation } })
    expect(errors).toBeUndefined()
    const { secret, webhook } = data.registerWebhook
    const logText = `query ($id: ID!) { webhook(id: $id) { state deliveries { edges { node { kind state lastStatus } } } } }`
    await until('it refuses the ping', async () => {
      const log = await ask(logText, { id: webhook.id })
      return log.data.webhook.deliveries.edges[0].node.lastStatus === 401
    })
    expect(before.lines).toHaveLength(1)
    await before[Symbol.asyncDispose]()

    await using after = await startExample(secret, Number(new URL(url).port))
    await ask('mutation ($id: ID!) { resumeWebhook(id: $id) { state } }', { id: webhook.id })
    await until('the ping is taken', () => after.lines.includes('ping'))
    await until('it is active', async () => (await ask(logText, { id: webhook.id })).data.webhook.state === 'ACTIVE')

    const source = new pg.Client({ connectionString: app.sourceUrl('erp') })
    await source.connect()
    await source.query(`update preis set vkprs = 77, uvp = null where artnr = 'DEMO-0001' and prslst = 'VK01'`)
    await source.end()
    const event = await until(
      'the event is taken in',
      () => after.lines.find((line) => line.startsWith('event ')),
      60_000,
    )
    expect(JSON.parse(event.slice('event '.length))).toMatchObject({
      id: expect.stringMatching(/^msg_/),
      data: {
        priceChanged: { variant: { sku: 'DEMO-0001', product: { title: expect.any(String) } }, channelId: null },
      },
      cursor: expect.any(String),
    })
    // The receiver has it before its answer is written down here.
    const deliveries = async (): Promise<unknown> => {
      const log = await ask(logText, { id: webhook.id })
      return log.data.webhook.deliveries.edges.map(({ node }: { node: unknown }) => node)
    }
    await expect.poll(deliveries, { timeout: 30_000, interval: 100 }).toMatchObject([
      { kind: 'EVENT', state: 'DELIVERED', lastStatus: 204 },
      { kind: 'PING', state: 'DELIVERED' },
    ])
    const metrics = async () => (await fetch(`${app.url}/metrics`)).text()
    await expect
      .poll(metrics, { timeout: 30_000, interval: 100 })
      .toMatch(/storeloom_webhook_attempts_total\{client="development-partner",outcome="delivered"\} 2/)
  }, 120_000)
})
