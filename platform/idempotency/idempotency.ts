import { hash } from 'node:crypto'
import { toCanonicalJson } from '../canonical-json.ts'
import type { JsonValue } from '../event-log/event-log.ts'
import type { Queryable, Transaction } from '../sql/database.ts'

/** Who gave which key for what: the same key of another client is another command. */
export type CommandKey = {
  readonly tenant: string
  readonly clientId: string
  readonly operation: string
  readonly key: string
}

/** A command with the fingerprint of its body. */
export type KeyedCommand = CommandKey & { readonly fingerprint: string }

export type IdempotencyRecord = KeyedCommand & { readonly response: JsonValue; readonly keepSeconds: number }

/**
 * What is known of a keyed command.
 * - `new`: go on, and write the outcome with the effect
 * - `done`: it was done, with this outcome
 * - `reused`: the key belongs to another body
 * - `in-progress`: another transaction does it now
 */
export type Known =
  | { readonly kind: 'new' | 'reused' | 'in-progress' }
  | { readonly kind: 'done'; readonly response: JsonValue }

/** @returns 43 characters, the same for the same content whatever the order of its members. @param body without the key itself */
export function fingerprintOf(body: JsonValue): string {
  return hash('sha256', toCanonicalJson(body), 'base64url')
}

/** One text per command key, for maps and locks. */
export function textOf({ tenant, clientId, operation, key }: CommandKey): string {
  return JSON.stringify([tenant, clientId, operation, key])
}

/**
 * Claims each key to the end of the transaction, without waiting for one that another transaction holds.
 * @returns one entry per command, in order
 */
export async function claimKeys(
  transaction: Transaction,
  commands: readonly KeyedCommand[],
): Promise<readonly Known[]> {
  if (commands.length === 0) return []
  const { rows } = await transaction.query<ClaimRow>('select * from idempotency.claim($1, $2, $3, $4)', [
    commands.map(({ tenant }) => tenant),
    commands.map(({ clientId }) => clientId),
    commands.map(({ operation }) => operation),
    commands.map(({ key }) => key),
  ])
  const found = new Map(rows.map((row) => [Number(row.place) - 1, row]))
  return commands.map(({ fingerprint }, at): Known => {
    const row = found.get(at)
    if (row === undefined) return { kind: 'new' }
    if (row.taken) return { kind: 'in-progress' }
    return row.fingerprint === fingerprint ? { kind: 'done', response: row.response } : { kind: 'reused' }
  })
}

type ClaimRow = {
  readonly place: bigint
  readonly taken: boolean
  readonly fingerprint: string | null
  readonly response: JsonValue
}

/** Writes outcomes in the transaction of their effects, in one statement. */
export async function writeRecords(transaction: Transaction, records: readonly IdempotencyRecord[]): Promise<void> {
  if (records.length === 0) return
  const column = <T>(pick: (record: IdempotencyRecord) => T): T[] => records.map(pick)
  await transaction.query(writeText, [
    column((record) => record.tenant),
    column((record) => record.clientId),
    column((record) => record.operation),
    column((record) => record.key),
    column((record) => record.fingerprint),
    column((record) => JSON.stringify(record.response)),
    column((record) => record.keepSeconds),
  ])
}

const writeText = `insert into idempotency.records (tenant, client_id, operation, key, fingerprint, response, expires_at)
  select tenant, client_id, operation, key, fingerprint, response, clock_timestamp() + keep * interval '1 second'
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::json[], $7::integer[])
    as given (tenant, client_id, operation, key, fingerprint, response, keep)`

/** Removes up to `limit` records past their end. @returns how many */
export async function removeExpiredRecords(queryable: Queryable, limit: number): Promise<number> {
  const { rowCount } = await queryable.query(
    `delete from idempotency.records where ctid = any(array(
      select ctid from idempotency.records where expires_at <= clock_timestamp() order by expires_at limit $1))`,
    [limit],
  )
  return rowCount
}
