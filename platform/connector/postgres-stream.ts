import { LogicalReplicationService, type Pgoutput, PgoutputPlugin } from 'pg-logical-replication'
import { AppError } from '../errors/app-error.ts'
import { parseLsn, toLsnText } from './postgres-lsn.ts'

/** A row change in a watched table: the values, as text, of the columns it told of, before and after. */
export type RowChange = {
  /** Schema-qualified. */
  readonly table: string
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** True when every row may have changed: the table was emptied. */
  readonly everything: boolean
}

/** The changes a slot holds, in commit order. */
export type ChangeStream = AsyncDisposable & {
  /** Resolves when something arrived since the last call, or after `timeoutMs`. @throws when the stream has failed */
  wait(timeoutMs: number): Promise<void>
  /** Everything committed at or before this place was handed to `onChange`. */
  position(): bigint
  /** The ids of the transactions of which changes were handed on since the last call. */
  takeTransactions(): readonly number[]
  /** Lets the source forget what lies before `position`, and asks it where it stands. */
  acknowledge(position: bigint): Promise<void>
}

export type ChangeStreamOptions = {
  readonly url: string
  /** Name of slot and publication. */
  readonly name: string
  readonly plainEncoding: boolean
  /** Called for each change as it arrives, at once and in order; must not throw. */
  readonly onChange: (change: RowChange) => void
}

/** Starts streaming from where the slot was last acknowledged. Failures show in `wait`. */
export function openChangeStream(options: ChangeStreamOptions): ChangeStream {
  // Acknowledging by itself is off: the library would confirm what it received, not what is stored here.
  const service = new LogicalReplicationService(
    { connectionString: options.url, application_name: 'storeloom', keepAlive: true, connectionTimeoutMillis: 5_000 },
    { acknowledge: { auto: false, timeoutSeconds: 0 } },
  )
  const plugin = createPlugin(options)
  let position = 0n
  /** Of the changes that follow; null between transactions. */
  let transaction: number | null = null
  let transactions = new Set<number>()
  let failure: unknown = null
  let arrived = false
  let heardAtMs = Date.now()
  let wake: () => void = () => {}

  const tell = (): void => {
    arrived = true
    wake()
  }
  const fail = (error: unknown): void => {
    failure ??=
      error ?? new AppError('UPSTREAM_UNAVAILABLE', 'Cannot follow changes: the stream ended', { retryable: true })
    tell()
  }
  const reach = (lsn: string | null): void => {
    if (lsn === null) return
    const reached = parseLsn(lsn)
    if (reached > position) position = reached
  }

  // With each change, not with the beginning: what was handed on and whose it was must be taken together, wherever
  // between two messages of a transaction somebody takes.
  const change = (told: RowChange): void => {
    if (transaction !== null) transactions.add(transaction)
    options.onChange(told)
  }

  service.on('error', fail)
  service.on('data', (_, message: Pgoutput.Message | Unreadable) => {
    heardAtMs = Date.now()
    switch (message.tag) {
      case 'unreadable':
        fail(message.error)
        return
      case 'begin':
        transaction = message.xid
        return
      case 'insert':
        change({ table: nameOf(message.relation), rows: [message.new], everything: false })
        return
      case 'update':
        change({
          table: nameOf(message.relation),
          rows: [message.new, message.key, message.old].filter((row) => row !== null),
          everything: false,
        })
        return
      case 'delete':
        change({
          table: nameOf(message.relation),
          rows: [message.key, message.old].filter((row) => row !== null),
          everything: false,
        })
        return
      case 'truncate':
        for (const relation of message.relations) change({ table: nameOf(relation), rows: [], everything: true })
        return
      case 'commit':
        transaction = null
        reach(message.commitEndLsn)
        tell()
        return
    }
  })
  service.on('heartbeat', (lsn) => {
    heardAtMs = Date.now()
    // Within a transaction the server may be past changes it has not sent yet.
    if (transaction === null) reach(lsn)
    tell()
  })
  const ended = service.subscribe(plugin, options.name).then(() => fail(null), fail)

  return {
    async wait(timeoutMs) {
      if (!arrived) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, timeoutMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        wake = () => {}
      }
      arrived = false
      if (failure !== null) throw failure
      if (Date.now() - heardAtMs > silenceMs) {
        throw new AppError('UPSTREAM_TIMEOUT', 'Cannot follow changes: the stream has been silent', { retryable: true })
      }
    },
    position: () => position,
    takeTransactions() {
      const taken = [...transactions]
      transactions = new Set()
      return taken
    },
    async acknowledge(acknowledged) {
      if (acknowledged === 0n) return
      // The library adds one to what it is given. Confirming one past the end of a commit would let the server skip
      // a commit record that begins exactly there.
      await service.acknowledge(toLsnText(acknowledged - 1n), true)
    },
    async [Symbol.asyncDispose]() {
      await service.destroy()
      await ended
    },
  }
}

/** Each acknowledgement asks for an answer, so a stream that lives is never silent for long. */
const silenceMs = 30_000

type Unreadable = { readonly tag: 'unreadable'; readonly error: unknown }

function createPlugin({ name, plainEncoding }: ChangeStreamOptions): PgoutputPlugin {
  const plugin = new PgoutputPlugin({ protoVersion: 1, publicationNames: [name] })
  const parse = plugin.parse.bind(plugin)
  const start = plugin.start.bind(plugin)
  return Object.assign(plugin, {
    parse(buffer: Buffer) {
      try {
        const message = parse(buffer)
        // Keys are compared as text, exactly as the server writes them.
        if (message.tag === 'relation') for (const column of message.columns) column.parser = asText
        return message
      } catch (error) {
        // Thrown from a socket's event it would end the process.
        return { tag: 'unreadable', error }
      }
    },
    async start(...[client, slot, lsn]: Parameters<typeof start>) {
      // A value with bytes that are no UTF-8 would end the stream for ever at its transaction; its key is all we need.
      if (plainEncoding) await client.query("set client_encoding to 'SQL_ASCII'")
      return await start(client, slot, lsn)
    },
  })
}

function asText(raw: unknown): unknown {
  return raw
}

function nameOf(relation: Pgoutput.MessageRelation): string {
  return `${relation.schema}.${relation.name}`
}
