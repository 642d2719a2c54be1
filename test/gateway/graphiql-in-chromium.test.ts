import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Example } from '../../gateway/graphiql/landing-page.ts'
import { startChromium } from '../support/chromium.ts'
import { type StartedGateway, startGateway } from '../support/start-gateway.ts'

const examples: readonly Example[] = [
  { title: 'Shelves', query: 'query Shelves { shelves }', variables: {} },
  { title: 'One', query: 'query One($id: ID!) { item(id: $id) { title onHand } }', variables: { id: 'a' } },
  { title: 'Later', query: 'query Later { item(id: "a") { title ... @defer { onHand } } }', variables: {} },
]

describe('GraphiQL in Chromium', () => {
  let started: StartedGateway
  let browser: Browser
  let page: Page
  const elsewhere: string[] = []
  const complaints: string[] = []

  beforeAll(async () => {
    started = await startGateway({ examples })
    browser = await startChromium()
    page = await browser.newPage()
    page.on('request', (request) => {
      if (!request.url().startsWith(started.url) && !request.url().startsWith('data:')) elsewhere.push(request.url())
    })
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(started.url)
    await page.waitForSelector('.graphiql-execute-button', { timeout: 60_000 })
  }, 120_000)
  afterAll(async () => {
    await browser?.close()
    await started[Symbol.asyncDispose]()
  })

  it('opens one tab per example', async () => {
    expect(await page.locator('.graphiql-tab').allInnerTexts()).toEqual(['Shelves', 'One', 'Later'])
  })

  it('runs an example with its variables and shows the answer', async () => {
    await page
      .getByRole('tab', { name: 'One' })
      .or(page.locator('.graphiql-tab-button', { hasText: 'One' }))
      .first()
      .click()
    await page.locator('.graphiql-execute-button').click()
    const answer = page.locator('.result-window')
    await expect.poll(() => answer.innerText(), { timeout: 20_000 }).toContain('"Anorak"')
    expect(await answer.innerText()).toContain('"onHand": 7')
  })

  it('shows what is deferred, from the parts of an answer', async () => {
    await page.locator('.graphiql-tab-button', { hasText: 'Later' }).first().click()
    const answered = page.waitForResponse((response) => response.url().endsWith('/graphql'))
    await page.locator('.graphiql-execute-button').click()
    expect((await answered).headers()['content-type']).toContain('multipart/mixed')
    const answer = page.locator('.result-window')
    await expect.poll(() => answer.innerText(), { timeout: 20_000 }).toContain('"onHand": 7')
    expect(await answer.innerText()).toContain('"title": "Anorak"')
  })

  it('knows the schema', async () => {
    await page.getByLabel('Show Documentation Explorer').click()
    const explorer = page.locator('.graphiql-doc-explorer')
    await expect.poll(() => explorer.innerText(), { timeout: 20_000 }).toContain('Mutation')
  })

  it('asks nobody but the gateway and breaks no rule of the page', () => {
    expect(elsewhere).toEqual([])
    expect(complaints).toEqual([])
  })
})
