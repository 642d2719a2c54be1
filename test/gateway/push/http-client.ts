/** One HTTP answer that goes on, read as it comes. */
export type HttpStream = Disposable & {
  readonly status: number
  readonly headers: Headers
  /** Everything so far. */
  text(): string
  readonly ended: Promise<void>
}

export async function openHttpStream(
  url: string,
  params: Readonly<Record<string, unknown>>,
  accept: string,
  options: { readonly method?: 'GET' | 'POST'; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<HttpStream> {
  const { method = 'POST', headers = {} } = options
  const aborter = new AbortController()
  const address = new URL('/graphql', url)
  if (method === 'GET') {
    for (const [name, value] of Object.entries(params)) {
      address.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value))
    }
  }
  const response = await fetch(address, {
    method,
    headers: { accept, ...(method === 'POST' && { 'content-type': 'application/json' }), ...headers },
    ...(method === 'POST' && { body: JSON.stringify(params) }),
    signal: aborter.signal,
  })
  let text = ''
  const decoder = new TextDecoder()
  const read = async () => {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
  }
  return {
    status: response.status,
    headers: response.headers,
    text: () => text,
    ended: read().catch(() => {}),
    [Symbol.dispose]: () => aborter.abort(),
  }
}
