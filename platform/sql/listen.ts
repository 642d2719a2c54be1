import pg from 'pg'

/**
 * Listens on a connection of its own, since a pooled one may be closed or handed on. Resolves after the first attempt,
 * whether it succeeded or not, and goes on reconnecting (0.1 s doubling to 5 s) until disposed. A connection that is
 * open but answers no more is found by a question every 15 s.
 */
export async function listenOn(
  connection: pg.ClientConfig,
  channel: string,
  onPayload: (payload: string | null) => void,
): Promise<AsyncDisposable> {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let backoffMs = firstBackoffMs
  let disposed = false

  async function connect(): Promise<void> {
    const next = new pg.Client({ ...connection, query_timeout: pingTimeoutMs })
    client = next
    let lost = false
    const lose = (): void => {
      if (lost) return
      lost = true
      clearTimeout(timer)
      void next.end().catch(() => {})
      if (disposed) return
      timer = setTimeout(() => void connect(), backoffMs)
      backoffMs = Math.min(backoffMs * 2, longestBackoffMs)
    }
    next.on('error', lose)
    next.on('end', lose)
    next.on('notification', (message) => {
      if (message.channel === channel && !disposed) onPayload(message.payload ?? '')
    })
    const watch = (): void => {
      if (lost || disposed) return
      timer = setTimeout(() => {
        next.query('select 1').then(watch, lose)
      }, pingEveryMs)
      timer.unref()
    }
    try {
      await next.connect()
      await next.query(`listen ${pg.escapeIdentifier(channel)}`)
      if (disposed) return lose()
      backoffMs = firstBackoffMs
      onPayload(null)
      watch()
    } catch {
      lose()
    }
  }

  await connect()
  return {
    async [Symbol.asyncDispose]() {
      disposed = true
      clearTimeout(timer)
      await client?.end().catch(() => {})
    },
  }
}

const firstBackoffMs = 100
const longestBackoffMs = 5_000
const pingEveryMs = 15_000
const pingTimeoutMs = 5_000
