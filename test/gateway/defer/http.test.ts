import { expect, it } from 'vitest'
import { createMemoryRateLimiter } from '../../../gateway/rate-limit/memory.ts'
import { createInProcessTransport } from '../../../platform/subgraph/in-process.ts'
import type { SubgraphTransport } from '../../../platform/subgraph/transport.ts'
import { describeBothRoads } from '../../support/both-roads.ts'
import { governed, startGoverned, widePlans } from '../../support/governed-gateway.ts'
import { apolloAccept, mergePayloads, readParts } from '../../support/read-parts.ts'
import { host, stock } from '../../support/retail-subgraphs.ts'
import { ask, defaultLimits, inProcessTransports, startGateway } from '../../support/start-gateway.ts'

const send = (url: string, query: string, more: RequestInit & { readonly accept?: string } = {}) =>
  fetch(new URL('/graphql', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: more.accept ?? apolloAccept },
    body: JSON.stringify({ query }),
    ...(more.signal ? { signal: more.signal } : {}),
  })

/** The stock subgraph answers when it is told to; it notes what it was asked. */
function gateStock() {
  let open = (): void => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const inner = createInProcessTransport(host(stock), { timeoutMs: 5_000 })
  const signals: AbortSignal[] = []
  const gated: SubgraphTransport = {
    ...inner,
    async call(request) {
      signals.push(request.signal)
      await Promise.race([opened, new Promise((resolve) => request.signal.addEventListener('abort', resolve))])
      return inner.call(request)
    },
  }
  const transports = new Map(inProcessTransports([])).set('stock', gated)
  return { transports, open, signals }
}

const head = '\r\nContent-Type: application/json; charset=utf-8\r\n\r\n'

describeBothRoads('@defer over HTTP', () => {
  it('sends the first part at once, byte for byte as the specification has it', async () => {
    const gate = gateStock()
    await using started = await startGateway({ transports: gate.transports })
    const response = await send(started.url, '{ item(id: "a") { title ... @defer(label: "stock") { onHand } } }')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824')
    expect(response.headers.get('cache-control')).toBe('no-store')
    const reader = response.body?.getReader()
    const decoder = new TextDecoder()
    let text = ''
    const first = `\r\n---${head}{"data":{"item":{"title":"Anorak"}},"hasNext":true}\r\n---`
    while (text.length < first.length) text += decoder.decode((await reader?.read())?.value, { stream: true })
    expect(text).toBe(first)
    gate.open()
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      text += decoder.decode(part.value, { stream: true })
    }
    const last = '{"incremental":[{"data":{"onHand":7},"path":["item"],"label":"stock"}],"hasNext":false}'
    expect(text).toBe(`${first}${head}${last}\r\n-----\r\n`)
  })

  it('gives a client that adds the parts up what one without parts gets', async () => {
    await using started = await startGateway()
    const query = '{ items { id ...Stock @defer } } fragment Stock on Item { onHand restock ... @defer { size } }'
    const payloads = await readParts(await send(started.url, query))
    const whole = await ask(started.url, query)
    expect(payloads.map(({ hasNext }) => hasNext)).toEqual([...payloads.slice(1).map(() => true), false])
    expect(mergePayloads(payloads)).toEqual(whole.body.data)
    const errors = payloads.flatMap(({ incremental }) => (incremental ?? []).flatMap((part) => part.errors ?? []))
    const timeless = (error: { readonly message: string; readonly path: unknown; readonly extensions: object }) => ({
      ...error,
      extensions: { ...error.extensions, correlationId: '' },
    })
    expect((errors as Parameters<typeof timeless>[0][]).map(timeless)).toEqual(whole.body.errors.map(timeless))
  })

  it.each([
    'application/json',
    'multipart/mixed;q=0, application/json',
    'multipart/mixed;incrementalDeliverySpec=3283f8a, application/json',
    '*/*',
  ])('answers whole to %s', async (accept) => {
    await using started = await startGateway()
    const response = await send(started.url, '{ item(id: "a") { title ... @defer { onHand } } }', { accept })
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(await response.json()).toEqual({ data: { item: { title: 'Anorak', onHand: 7 } } })
  })

  it('answers whole when nothing is deferred, also to a client that takes parts', async () => {
    await using started = await startGateway()
    for (const fields of ['title', '... @defer(if: false) { title }']) {
      const response = await send(started.url, `{ item(id: "a") { ${fields} } }`)
      expect(await response.json()).toEqual({ data: { item: { title: 'Anorak' } } })
    }
  })

  it('takes plain multipart/mixed, as GraphiQL asks', async () => {
    await using started = await startGateway()
    const response = await send(started.url, '{ item(id: "a") { title ... @defer { onHand } } }', {
      accept: 'application/json, multipart/mixed',
    })
    expect(await readParts(response)).toHaveLength(2)
  })

  it('is told in the schema, and refused with a code where it may not stand', async () => {
    await using started = await startGateway()
    const schema = await ask(started.url, '{ __schema { directives { name locations args { name } } } }')
    expect(schema.body.data.__schema.directives).toContainEqual({
      name: 'defer',
      locations: ['FRAGMENT_SPREAD', 'INLINE_FRAGMENT'],
      args: [{ name: 'label' }, { name: 'if' }],
    })
    const refused = await ask(started.url, 'mutation { ... @defer { rename(id: "a", title: "x") { id } } }')
    expect([refused.status, refused.body.errors[0].extensions.code]).toEqual([400, 'GRAPHQL_VALIDATION_FAILED'])
  })

  it('is charged like the whole, once, and says so with the last part', async () => {
    const bucket = { maximum: 200, restoreRate: 10 }
    const plans = widePlans({ buckets: { P0: bucket, P1: bucket, P2: bucket, P3: bucket } })
    const limiter = createMemoryRateLimiter({ clock: () => new Date(0) })
    await using started = await startGoverned(governed({ plans, limiter }))
    const response = await send(started.url, '{ exported { id ... @defer { parent { id } label } } }')
    // As much as may come: what it did cost is known at the end.
    expect(response.headers.get('ratelimit')).toBe('"P3";r=100;t=10')
    expect(response.headers.get('deprecation')).toMatch(/^@\d+$/)
    const payloads = await readParts(response)
    expect(payloads.map(({ extensions }) => extensions?.cost)).toEqual([
      undefined,
      { requested: 100, actual: 6, throttle: { maximum: 200, available: 194, restoreRate: 10 } },
    ])
    const again = await ask(started.url, '{ exported { id } }')
    expect(again.body.extensions.cost.throttle.available).toBe(191)
  })

  it('keeps to the deadline of the request: what has not come by then comes as errors', async () => {
    const gate = gateStock()
    await using started = await startGateway({
      transports: gate.transports,
      limits: { ...defaultLimits, requestDeadlineMs: 300 },
    })
    const payloads = await readParts(await send(started.url, '{ items { id ... @defer { onHand } } }'))
    expect(payloads[0]).toMatchObject({ data: { items: [{ id: 'a' }, { id: 'b' }] }, hasNext: true })
    expect(payloads[1]).toMatchObject({
      incremental: [
        { data: { onHand: null }, path: ['items', 0], errors: [{ path: ['items', 0, 'onHand'] }] },
        { data: { onHand: null }, path: ['items', 1], errors: [{ path: ['items', 1, 'onHand'] }] },
      ],
      hasNext: false,
    })
  })

  it('ends when all parts together would be larger than an answer may be', async () => {
    await using started = await startGateway({ limits: { ...defaultLimits, responseLimitBytes: 250 } })
    const query = '{ item(id: "a") { id } ... @defer { repeat(text: "0123456789", times: 20) } }'
    const payloads = await readParts(await send(started.url, query))
    expect(payloads).toMatchObject([
      { data: { item: { id: 'a' } }, hasNext: true },
      { errors: [{ extensions: { code: 'QUERY_TOO_COSTLY', details: { limit: 'responseBytes' } } }], hasNext: false },
    ])
  })

  it('stops asking when the client is gone', async () => {
    const gate = gateStock()
    await using started = await startGateway({ transports: gate.transports })
    const leaving = new AbortController()
    const response = await send(started.url, '{ item(id: "a") { title ... @defer { onHand } } }', {
      signal: leaving.signal,
    })
    expect(response.status).toBe(200)
    expect(gate.signals.map(({ aborted }) => aborted)).toEqual([false])
    leaving.abort()
    await expect.poll(() => gate.signals.map(({ aborted }) => aborted)).toEqual([true])
  })
})
