import pg from 'pg'
import { AppError } from '../errors/app-error.ts'

export type SourceRow = Readonly<Record<string, unknown>>

/** One connection to a source database. */
export type SourceSession = AsyncDisposable & {
  query<R extends SourceRow = SourceRow>(text: string, values?: readonly unknown[]): Promise<readonly R[]>
  /** @returns name and type of each column the statement answers, without running it for rows */
  columnsOf(text: string): Promise<readonly { readonly name: string; readonly typeOid: number }[]>
}

export type SourceSessionOptions = {
  readonly url: string
  /** Bound on one statement, by the server; two seconds later the connection is given up. */
  readonly statementTimeoutMs: number
  /** Default true: the server then refuses every write of this session. */
  readonly readOnly?: boolean
}

/** @throws whatever `pg` throws; see `isMappingFault` and `toSafeReason` for what it means */
export async function openSourceSession(options: SourceSessionOptions): Promise<SourceSession> {
  const client = new pg.Client({
    connectionString: options.url,
    connectionTimeoutMillis: connectTimeoutMs,
    application_name: 'storeloom',
    keepAlive: true,
    query_timeout: options.statementTimeoutMs + 2_000,
  })
  // A lost connection rejects the statement under way; without a listener an idle one would end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query(
      `set statement_timeout = ${options.statementTimeoutMs}; set timezone = 'UTC'; set datestyle = 'ISO, YMD';
       set default_transaction_read_only = ${options.readOnly === false ? 'off' : 'on'}`,
    )
  } catch (error) {
    await client.end().catch(() => {})
    throw error
  }
  return {
    async query<R extends SourceRow>(text: string, values: readonly unknown[] = []) {
      const result = await client.query<R>(text, [...values])
      return result.rows
    },
    async columnsOf(text) {
      const result = await client.query(`select * from (${text}) d limit 0`)
      return result.fields.map(({ name, dataTypeID }) => ({ name, typeOid: dataTypeID }))
    },
    async [Symbol.asyncDispose]() {
      await client.end().catch(() => {})
    },
  }
}

const connectTimeoutMs = 5_000

/** @returns the SQLSTATE or system error code; empty when there is none */
export function faultCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/**
 * True when the values of some row are to blame, so that reading other rows can succeed: 22 data exception
 * (casts, encodings, arithmetic), 21 cardinality, 54 limits, P0 raised by a function. Faults of the connection, of
 * rights or of the mapping's text touch every row alike.
 */
export function isMappingFault(error: unknown): boolean {
  return /^(22|21|54|P0)...$/.test(faultCode(error))
}

/** What an operator may read: no address, no secret, no statement. */
export function toSafeReason(error: unknown): string {
  if (error instanceof AppError) return error.message
  const code = faultCode(error)
  const known = reasons.get(code)
  if (known !== undefined) return known
  if (/^[0-9A-Z]{5}$/.test(code) && error instanceof Error) {
    return code.startsWith('28') || code.startsWith('08')
      ? `the source refused the connection (${code})`
      : `the source said ${code}: ${error.message}`
  }
  return code === '' ? 'the connection to the source failed' : `the connection to the source failed (${code})`
}

const reasons = new Map([
  ['ECONNREFUSED', 'the source refused the connection'],
  ['ENOTFOUND', "the source's host name is unknown"],
  ['ETIMEDOUT', 'the source did not answer in time'],
  ['57014', "the source took longer than the statement's deadline"],
  ['57P01', 'the source was shut down'],
  ['57P03', 'the source is starting up'],
])
