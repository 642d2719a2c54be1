import { hash } from 'node:crypto'
import { toCanonicalJson } from '../canonical-json.ts'
import type { JsonValue } from '../event-log/event-log.ts'
import { jsonArray, plainArray, textArray, uuidArray } from '../sql/array-literal.ts'
import type { Queryable, Transaction } from '../sql/database.ts'

/** Who gave which key for what: the same key of another client is another command. */
export type CommandKey = {
  readonly tenant: string
  readonly clientId: string
  readonly operation: string
  readonly key: string
}

/** A command by its key and the fingerprint of its body. */
export type KeyedCommand = {
  /** A UUID: 128 bits of the digest of the key. */
  readonly id: string
  readonly fingerprint: string
}

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

export function keyedCommand({ tenant, clientId, operation, key }: CommandKey, fingerprint: string): KeyedCommand {
  // As the migration that gave the first records their ids writes it.
  const text = JSON.stringify([tenant, clientId, operation, key]).slice(1, -1)
  return { id: hash('sha256', text, 'hex').slice(0, 32), fingerprint }
}

/** A command by its key and what was asked with it. @param body the request without the key itself */
export function keyedRequest(key: CommandKey, body: object): KeyedCommand {
  // A round trip leaves what JSON knows of: absent and undefined are one.
  return keyedCommand(key, fingerprintOf(JSON.parse(JSON.stringify(body))))
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
  const { rows } = await transaction.query<ClaimRow>('select * from idempotency.claim($1)', [
    uuidArray(commands.map(({ id }) => id)),
  ])
  return knownOf(commands, rows)
}

/** @param claims as `idempotency.claim` gave them for the ids of the commands, in order */
export function knownOf(commands: readonly KeyedCommand[], claims: readonly ClaimRow[]): readonly Known[] {
  const found = new Map(claims.map((row) => [Number(row.place) - 1, row]))
  return commands.map(({ fingerprint }, at): Known => {
    const row = found.get(at)
    if (row === undefined) return unknown
    if (row.taken) return { kind: 'in-progress' }
    if (row.fingerprint !== fingerprint || row.response === null) return { kind: 'reused' }
    return { kind: 'done', response: JSON.parse(row.response) }
  })
}

const unknown: Known = { kind: 'new' }

export type ClaimRow = {
  readonly place: bigint | number
  readonly taken: boolean
  readonly fingerprint: string | null
  readonly response: string | null
}

/** Writes outcomes in the transaction of their effects, in one statement. */
export async function writeRecords(transaction: Transaction, records: readonly IdempotencyRecord[]): Promise<void> {
  if (records.length === 0) return
  await transaction.query(writeText, [
    uuidArray(records.map(({ id }) => id)),
    textArray(records.map(({ fingerprint }) => fingerprint)),
    jsonArray(records.map(({ response }) => JSON.stringify(response))),
    plainArray(records.map(({ keepSeconds }) => keepSeconds)),
  ])
}

const writeText = `insert into idempotency.records (id, fingerprint, response, expires_at)
  select id, fingerprint, response, statement_timestamp() + keep * interval '1 second'
  from unnest($1::uuid[], $2::text[], $3::text[], $4::integer[]) as given (id, fingerprint, response, keep)`

/** Removes up to `limit` records past their end. @returns how many */
export async function removeExpiredRecords(queryable: Queryable, limit: number): Promise<number> {
  const { rowCount } = await queryable.query(
    `delete from idempotency.records where ctid = any(array(
      select ctid from idempotency.records where expires_at <= clock_timestamp() order by expires_at limit $1))`,
    [limit],
  )
  return rowCount
}
