import { createHash } from 'node:crypto'
import pg from 'pg'
import { AppError } from '../errors/app-error.ts'
import type { Database, QueryResult, Row, Transaction, TransactionOptions } from './database.ts'
import { listenOn } from './listen.ts'
import { isConnectionFault, toStoreError } from './postgres-errors.ts'
import { postgresTypes } from './postgres-types.ts'

export type PostgresOptions = {
  /** `postgresql://user:password@host:port/database` */
  readonly url: string
  /** Most connections at once, 1 or more. Default 10. A listener takes one more each. */
  readonly poolSize?: number
  /** Bound on one statement, and on a transaction that names no other. Default 15,000. */
  readonly statementTimeoutMs?: number
  /** Bound on waiting for a connection, from the pool or the server. Default 5,000. */
  readonly connectTimeoutMs?: number
  /** Shown in `pg_stat_activity`. Default `storeloom`. */
  readonly applicationName?: string
  /** Told of idle connections that broke; they are replaced on demand. */
  readonly onConnectionLost?: (error: Error) => void
}

/**
 * Opens the durable store over `pg`. Connects on first use, so opening never fails; lost connections are replaced.
 *
 * Values arrive so: int8 and xid8 as bigint, numeric as text, timestamptz as Date, json and jsonb parsed, date and
 * timestamp without zone as text. A statement with `values` (even `[]`) is prepared once per connection; one without is
 * sent as it is and may hold several statements.
 *
 * Beyond the port's errors: serialisation failures and deadlocks are AppError `CONFLICT`, retryable; other database
 * errors are thrown as `pg` gives them. When the connection is lost during COMMIT, the transaction may have committed.
 */
export function openPostgres(options: PostgresOptions): Database {
  const statementTimeoutMs = options.statementTimeoutMs ?? 15_000
  const connection = {
    connectionString: options.url,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    application_name: options.applicationName ?? 'storeloom',
    keepAlive: true,
    types: postgresTypes,
  }
  const pool = new pg.Pool({
    ...connection,
    // What a transaction sends at once is on its way at once: the server does not wait for our turn between two statements.
    pipeline: true,
    max: options.poolSize ?? 10,
    idleTimeoutMillis: 60_000,
    statement_timeout: statementTimeoutMs,
  })
  pool.on('error', (error) => options.onConnectionLost?.(error))
  // A client in use reports a lost connection here as well as by rejecting; without a listener Node would exit.
  pool.on('connect', (client) => client.on('error', () => {}))

  const nameOf = createStatementNames()
  const listeners = new Set<AsyncDisposable>()
  let statements = 0
  let closed: Promise<void> | undefined

  async function send<R extends Row>(
    client: pg.PoolClient,
    text: string,
    values: readonly unknown[] | undefined,
    deadlineMs: number,
  ): Promise<Answer<R>> {
    statements += 1
    const name = values === undefined ? undefined : nameOf(text)
    const config = {
      text,
      query_timeout: deadlineMs + hangGraceMs,
      ...(values === undefined ? {} : { values: [...values] }),
      ...(name === undefined ? {} : { name }),
    }
    const result: pg.QueryResult<R> | pg.QueryResult<R>[] = await client.query<R>(config)
    // A text of several statements answers with one result each; the last one counts.
    const last = Array.isArray(result) ? result.at(-1) : result
    return { rows: last?.rows ?? [], rowCount: last?.rowCount ?? 0, command: last?.command ?? '' }
  }

  return {
    async query(text, values) {
      const client = await connect(pool)
      let broken = false
      try {
        return await send(client, text, values, statementTimeoutMs)
      } catch (error) {
        broken = isBroken(error)
        throw toStoreError(error)
      } finally {
        client.release(broken)
      }
    },

    async transaction(work, transactionOptions = {}) {
      const timeoutMs = transactionOptions.timeoutMs ?? statementTimeoutMs
      const client = await connect(pool)
      let tail: Promise<unknown> = Promise.resolve()
      let committed: Promise<Answer<Row>> | undefined
      let closing = false
      let released = false
      let fault: unknown = null
      const release = (reason: unknown): void => {
        if (released) return
        released = true
        fault = reason
        client.release(reason !== null)
      }
      const run = async <R extends Row>(text: string, values?: readonly unknown[]): Promise<Answer<R>> => {
        if (released) throw fault ?? new TypeError('Cannot query: the transaction has ended')
        try {
          return await send(client, text, values, timeoutMs)
        } catch (error) {
          const meant = fault ?? toStoreError(error)
          if (isBroken(error)) release(meant)
          throw meant
        }
      }
      const transaction: Transaction = {
        inTransaction: true,
        query: <R extends Row>(text: string, values?: readonly unknown[]) => {
          if (closing) return Promise.reject(fault ?? new TypeError('Cannot query: the transaction has ended'))
          const answer = run<R>(text, values)
          tail = Promise.all([tail, answer.catch(() => {})])
          return answer
        },
        commit: () => {
          closing = true
          committed ??= run('commit')
          // Looked at once the callback is done.
          committed.catch(() => {})
        },
      }
      let timer: NodeJS.Timeout | undefined
      const deadline = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          // Dropping the connection is what ends the transaction on the server.
          release(transactionTimeout(timeoutMs))
          reject(fault)
        }, timeoutMs)
      })
      deadline.catch(() => {})
      try {
        await transaction.query(beginText(transactionOptions, statementTimeoutMs))
        const result = await Promise.race([work(transaction), deadline])
        await tail
        closing = true
        const { command } = await (committed ?? run('commit'))
        // After a failed statement the server answers COMMIT by rolling back.
        if (command !== 'COMMIT') {
          throw new AppError('INTERNAL', 'Cannot commit: an earlier statement of the transaction failed')
        }
        return result
      } catch (error) {
        closing = true
        await tail
        if (committed !== undefined) await committed.catch(release)
        else if (!released) await run('rollback').catch(release)
        throw error
      } finally {
        clearTimeout(timer)
        release(null)
      }
    },

    async listen(channel, onPayload) {
      const listener = await listenOn({ ...connection, statement_timeout: statementTimeoutMs }, channel, onPayload)
      listeners.add(listener)
      return {
        async [Symbol.asyncDispose]() {
          listeners.delete(listener)
          await listener[Symbol.asyncDispose]()
        },
      }
    },

    statementCount: () => statements,

    async [Symbol.asyncDispose]() {
      closed ??= (async () => {
        await Promise.all([...listeners].map((listener) => listener[Symbol.asyncDispose]()))
        await pool.end()
      })()
      await closed
    },
  }
}

type Answer<R extends Row> = QueryResult<R> & { readonly command: string }

/** How much longer than the server's own deadline we wait before the connection is given up as hung. */
const hangGraceMs = 2_000

async function connect(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect()
  } catch (error) {
    throw toStoreError(error)
  }
}

function isBroken(error: unknown): boolean {
  return isConnectionFault(error) || (error instanceof Error && error.message === 'Query read timeout')
}

function transactionTimeout(timeoutMs: number, cause?: unknown): AppError {
  return new AppError('UPSTREAM_TIMEOUT', `Cannot finish the transaction: it took longer than ${timeoutMs} ms`, {
    cause,
    retryable: true,
  })
}

function beginText(options: TransactionOptions, statementTimeoutMs: number): string {
  const isolation = options.isolation ?? 'read committed'
  const begin = `begin isolation level ${isolation}${options.readOnly === true ? ' read only' : ''}`
  return options.timeoutMs === undefined || options.timeoutMs === statementTimeoutMs
    ? begin
    : `${begin}; set local statement_timeout = ${Math.max(1, Math.ceil(options.timeoutMs))}`
}

/**
 * Names statements by the hash of their text, so that each connection prepares a text once. Bounded: the server keeps a
 * plan per name and connection, so texts past the first 500 go unnamed.
 */
function createStatementNames(): (text: string) => string | undefined {
  const names = new Map<string, string>()
  return (text) => {
    const known = names.get(text)
    if (known !== undefined || names.size >= mostPreparedStatements) return known
    const name = `s${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`
    names.set(text, name)
    return name
  }
}

const mostPreparedStatements = 500
