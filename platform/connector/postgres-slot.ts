import { AppError } from '../errors/app-error.ts'
import type { PostgresSystem } from './estate.ts'
import { parseLsn } from './postgres-lsn.ts'
import { faultCode, openSourceSession, type SourceSession, toSafeReason } from './postgres-session.ts'

export type ReplicationSetup =
  | {
      readonly possible: true
      /** True when changes may have passed unseen since an earlier run, so everything has to be read again. */
      readonly fresh: boolean
      /** From where the slot will stream. */
      readonly position: string
      /** Its server's encoding is one that `pg` reads as it is. */
      readonly plainEncoding: boolean
    }
  /** The source does not allow it; `reason` says what is missing. */
  | { readonly possible: false; readonly reason: string }

/**
 * Makes sure that the publication names exactly the watched tables and that the slot stands: the only two things
 * ever created in a source. Both may have been made beforehand by its owner.
 * @param name of both publication and slot
 * @param storedPosition how far this side has come; a slot that is further on has passed changes nobody kept
 */
export async function prepareReplication(
  system: PostgresSystem,
  name: string,
  storedPosition: string | null,
): Promise<ReplicationSetup> {
  await using session = await openSourceSession({
    url: system.url,
    statementTimeoutMs: system.statementTimeoutMs,
    readOnly: false,
  })
  const [server] = await session.query<{ wal_level: string; encoding: string; version: number; database: string }>(
    `select current_setting('wal_level') as wal_level, current_setting('server_encoding') as encoding,
       current_setting('server_version_num')::int as version, current_database() as database`,
  )
  if (server?.wal_level !== 'logical') {
    return { possible: false, reason: `its wal_level is ${server?.wal_level}, allowed is logical` }
  }
  const tables = [...new Set(system.documents.flatMap(({ watch }) => watch.map(({ table }) => table)))]
  if (tables.length === 0) return { possible: false, reason: 'its documents watch no table' }
  const identified = await readTables(session, tables)
  // Publishing updates of such a table would make the source refuse them to its own application.
  const unfit = identified.find(({ identity }) => !identity)
  if (unfit !== undefined) {
    return { possible: false, reason: `table ${unfit.name} has no primary key or other replica identity` }
  }
  try {
    const published = await ensurePublication(session, name, identified, server.version)
    const slot = await ensureSlot(session, name, server.database, storedPosition)
    const fresh = published || slot.fresh
    return { possible: true, fresh, position: slot.position, plainEncoding: plainEncodings.has(server.encoding) }
  } catch (error) {
    if (!refusals.has(faultCode(error))) throw error
    return { possible: false, reason: toSafeReason(error) }
  }
}

const plainEncodings = new Set(['UTF8', 'SQL_ASCII'])

/** insufficient_privilege, feature_not_supported, wrong_object_type (a view cannot be published), reserved_name */
const refusals = new Set(['42501', '0A000', '42809', '22023', '53400'])

type WatchedTable = {
  readonly name: string
  readonly schema: string
  readonly table: string
  readonly identity: boolean
}

async function readTables(session: SourceSession, names: readonly string[]): Promise<readonly WatchedTable[]> {
  const rows = await session.query<{ name: string; schema: string | null; table: string; identity: boolean }>(
    `select u.name, n.nspname as schema, c.relname as table,
       c.relreplident = 'f' or exists (
         select from pg_index i
         where i.indrelid = c.oid and (c.relreplident = 'd' and i.indisprimary or c.relreplident = 'i' and i.indisreplident)
       ) as identity
     from unnest($1::text[]) u(name)
     left join pg_class c on c.oid = to_regclass(u.name)
     left join pg_namespace n on n.oid = c.relnamespace`,
    [names],
  )
  return rows.map(({ name, schema, table, identity }) => {
    if (schema === null)
      throw new AppError('CONFIG_INVALID', `Cannot watch table ${name}: the source has no such table`)
    return { name, schema, table, identity }
  })
}

/** @returns true when it had to be created or changed */
async function ensurePublication(
  session: SourceSession,
  name: string,
  tables: readonly WatchedTable[],
  version: number,
): Promise<boolean> {
  const wanted = tables.map(({ schema, table }) => `${quote(schema)}.${quote(table)}`).sort()
  const [existing] = await session.query('select puballtables from pg_publication where pubname = $1', [name])
  if (existing === undefined) {
    const root = version >= 130_000 ? ' with (publish_via_partition_root = true)' : ''
    await session.query(`create publication ${quote(name)} for table ${wanted.join(', ')}${root}`)
    return true
  }
  const rows = await session.query<{ schema: string; table: string }>(
    'select schemaname as schema, tablename as table from pg_publication_tables where pubname = $1',
    [name],
  )
  const published = rows.map(({ schema, table }) => `${quote(schema)}.${quote(table)}`).sort()
  if (published.join() === wanted.join()) return false
  await session.query(`alter publication ${quote(name)} set table ${wanted.join(', ')}`)
  return true
}

/** `fresh` when the slot begins now, or has passed what is stored here. */
async function ensureSlot(
  session: SourceSession,
  name: string,
  database: string,
  storedPosition: string | null,
): Promise<{ readonly fresh: boolean; readonly position: string }> {
  const [slot] = await session.query<SlotRow>(
    `select plugin, database, confirmed_flush_lsn::text as confirmed,
       coalesce(to_jsonb(s) ->> 'wal_status' = 'lost', false) or to_jsonb(s) ->> 'invalidation_reason' is not null as lost
     from pg_replication_slots s where slot_name = $1`,
    [name],
  )
  if (slot !== undefined && (slot.plugin !== 'pgoutput' || slot.database !== database)) {
    throw new AppError(
      'CONFIG_INVALID',
      `Cannot follow changes: slot ${name} is taken by another use, set changes.slot to a name of its own`,
    )
  }
  if (slot !== undefined && !slot.lost && slot.confirmed !== null) {
    const passed = storedPosition === null || parseLsn(slot.confirmed) > parseLsn(storedPosition)
    return { fresh: passed, position: slot.confirmed }
  }
  if (slot !== undefined) await session.query('select pg_drop_replication_slot($1)', [name])
  const [created] = await session.query<{ lsn: string }>(
    "select lsn::text as lsn from pg_create_logical_replication_slot($1, 'pgoutput')",
    [name],
  )
  return { fresh: true, position: created?.lsn ?? '0/0' }
}

type SlotRow = {
  readonly plugin: string
  readonly database: string
  readonly confirmed: string | null
  readonly lost: boolean
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
