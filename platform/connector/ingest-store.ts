import type { JsonObject } from '../event-log/event-log.ts'
import type { Queryable, Transaction } from '../sql/database.ts'
import type { DocumentFailure, SourceDocument } from './connector.ts'

/** Stands in `hash` for a thing its source no longer has. */
export const deletedHash = 'deleted'

/** A document on its way in. */
export type Arrival = { readonly document: SourceDocument; readonly hash: string }

/** What is stored of an arrival's thing. */
export type Stored = {
  readonly hash: string | null
  /** Only read when the hash differs or the handler is newer. */
  readonly data: JsonObject | null
  readonly handlerVersion: number | null
  readonly deleted: boolean
  readonly receivedAt: Date | null
  /** True when the thing has an open dead letter. */
  readonly lettered: boolean
}

/** @returns one entry per arrival, in order */
export async function readStored(
  queryable: Queryable,
  system: string,
  arrivals: readonly Arrival[],
  versionOf: (kind: string) => number,
): Promise<readonly Stored[]> {
  const { rows } = await queryable.query<StoredRow>(
    `select d.hash, case when d.hash is distinct from u.hash or d.handler_version <> u.version then d.data end as data,
       d.handler_version, coalesce(d.deleted, false) as deleted, d.received_at, l.key is not null as lettered
     from unnest($2::text[], $3::text[], $4::text[], $5::int[]) with ordinality u(kind, key, hash, version, place)
     left join connector.source_documents d on d.system = $1 and d.kind = u.kind and d.key = u.key
     left join connector.dead_letters l
       on l.system = $1 and l.kind = u.kind and l.key = u.key and l.resolved_at is null
     order by u.place`,
    [
      system,
      arrivals.map(({ document }) => document.kind),
      arrivals.map(({ document }) => document.key),
      arrivals.map(({ hash }) => hash),
      arrivals.map(({ document }) => versionOf(document.kind)),
    ],
  )
  return rows.map((row) => ({
    hash: row.hash,
    data: row.data,
    handlerVersion: row.handler_version,
    deleted: row.deleted,
    receivedAt: row.received_at,
    lettered: row.lettered,
  }))
}

type StoredRow = {
  readonly hash: string | null
  readonly data: JsonObject | null
  readonly handler_version: number | null
  readonly deleted: boolean
  readonly received_at: Date | null
  readonly lettered: boolean
}

export type DocumentWrite = Arrival & { readonly previousHash: string | null; readonly handlerVersion: number }

/** @returns false when another writer changed one of them since it was read; the transaction must then be given up. */
export async function writeDocuments(
  transaction: Transaction,
  system: string,
  writes: readonly DocumentWrite[],
): Promise<boolean> {
  if (writes.length === 0) return true
  // One order of locks for every writer, or two of them wait for each other.
  const sorted = [...writes].sort(
    (a, b) => compare(a.document.kind, b.document.kind) || compare(a.document.key, b.document.key),
  )
  const { rowCount } = await transaction.query(
    `insert into connector.source_documents as d
       (system, kind, key, hash, previous_hash, data, handler_version, received_at, deleted)
     select $1, u.kind, u.key, u.hash, u.previous_hash, u.data, u.version, u.received_at, u.hash = '${deletedHash}'
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::int[], $8::timestamptz[])
       u(kind, key, hash, previous_hash, data, version, received_at)
     on conflict (system, kind, key) do update
     set hash = excluded.hash, previous_hash = excluded.previous_hash, data = coalesce(excluded.data, d.data),
       handler_version = excluded.handler_version, received_at = excluded.received_at, deleted = excluded.deleted
     where d.hash = excluded.previous_hash`,
    [
      system,
      sorted.map(({ document }) => document.kind),
      sorted.map(({ document }) => document.key),
      sorted.map(({ hash }) => hash),
      sorted.map(({ previousHash }) => previousHash),
      sorted.map(({ document }) => (document.data === null ? null : JSON.stringify(document.data))),
      sorted.map(({ handlerVersion }) => handlerVersion),
      sorted.map(({ document }) => document.receivedAt),
    ],
  )
  return rowCount === writes.length
}

export async function writeLetters(
  transaction: Transaction,
  system: string,
  failures: readonly DocumentFailure[],
  seenAt: Date,
): Promise<void> {
  // One statement cannot touch a row twice; the last failure of a thing is the one that counts.
  const last = [...new Map(failures.map((failure) => [`${failure.kind}\u0000${failure.key}`, failure])).values()]
  if (last.length === 0) return
  await transaction.query(
    `insert into connector.dead_letters as l (system, kind, key, reason, field, raw, first_seen_at, last_seen_at)
     select $1, u.kind, u.key, u.reason, u.field, u.raw, $7, $7
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::json[]) u(kind, key, reason, field, raw)
     order by u.kind, u.key
     on conflict (system, kind, key) do update
     set reason = excluded.reason, field = excluded.field, raw = excluded.raw, attempts = l.attempts + 1,
       last_seen_at = excluded.last_seen_at, resolved_at = null`,
    [
      system,
      last.map(({ kind }) => withoutNul(kind)),
      last.map(({ key }) => withoutNul(key)),
      last.map(({ reason }) => withoutNul(reason)),
      last.map(({ field }) => (field === undefined ? null : withoutNul(field))),
      last.map(({ raw }) => JSON.stringify(raw ?? null)),
      seenAt,
    ],
  )
}

export async function resolveLetters(
  transaction: Transaction,
  system: string,
  documents: readonly SourceDocument[],
  resolvedAt: Date,
): Promise<void> {
  if (documents.length === 0) return
  await transaction.query(
    `update connector.dead_letters l set resolved_at = $4
     from unnest($2::text[], $3::text[]) u(kind, key)
     where l.system = $1 and l.kind = u.kind and l.key = u.key and l.resolved_at is null`,
    [system, documents.map(({ kind }) => kind), documents.map(({ key }) => key), resolvedAt],
  )
}

export async function writeCheckpoint(
  transaction: Transaction,
  system: string,
  checkpoint: { readonly name: string; readonly value: JsonObject },
): Promise<void> {
  await transaction.query(
    `insert into connector.checkpoints (system, name, value) values ($1, $2, $3::jsonb)
     on conflict (system, name) do update set value = excluded.value, updated_at = clock_timestamp()`,
    [system, checkpoint.name, JSON.stringify(checkpoint.value)],
  )
}

/** @returns where a reader stood after its last stored batch; null when it never stored one */
export async function readCheckpoint(queryable: Queryable, system: string, name: string): Promise<JsonObject | null> {
  const { rows } = await queryable.query<{ value: JsonObject }>(
    'select value from connector.checkpoints where system = $1 and name = $2',
    [system, name],
  )
  return rows[0]?.value ?? null
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** PostgreSQL's text cannot hold NUL. */
function withoutNul(text: string): string {
  return text.replaceAll('\u0000', '␀')
}
