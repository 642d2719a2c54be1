import { AppError } from '../errors/app-error.ts'
import type { JsonObject, JsonValue } from '../event-log/event-log.ts'
import type { DocumentFailure } from './connector.ts'
import type { EstateDocument } from './estate.ts'
import { faultCode, isMappingFault, type SourceSession, toSafeReason } from './postgres-session.ts'

/** Some documents of one kind as the source has them now. */
export type ReadDocuments = {
  readonly documents: readonly { readonly key: string; readonly data: JsonObject }[]
  readonly failures: readonly DocumentFailure[]
}

export type ReadPage = ReadDocuments & {
  /** Where to go on from: the last key of the page, or null when there was none. */
  readonly last: string | null
  readonly more: boolean
}

/** Reads the documents of one kind through the estate's mapping. Rows that make a read fail are singled out as failures. */
export type DocumentReader = {
  readonly kind: string
  /** A key as the reader itself would write it: `char(n)` pads with blanks elsewhere. */
  canonicalKey(text: string): string
  /** @returns the documents with the next keys in key order; `after` null begins */
  readPage(after: string | null, limit: number): Promise<ReadPage>
  /** @returns what exists of `keys`; a key that is in neither list is not in the source */
  readKeys(keys: readonly string[]): Promise<ReadDocuments>
  /** @returns those of `keys` that the mapping answers, without reading the documents */
  existing(keys: readonly string[]): Promise<ReadonlySet<string>>
  /** Rows without a key, which no change can ever name. At most 100. */
  readKeyless(): Promise<readonly DocumentFailure[]>
  /** @returns how many documents there are; null when the source cannot count them in time */
  count(): Promise<number | null>
}

/** @throws AppError `CONFIG_INVALID` when the mapping does not answer `key` and `data` */
export async function createDocumentReader(session: SourceSession, mapping: EstateDocument): Promise<DocumentReader> {
  const { kind, sql } = mapping
  const type = await keyTypeOf(session, mapping)
  const pageText = (where: string, tail: string) =>
    `select d.key::text as key, d.data as data from (${sql}) d where ${where} order by d.key ${tail}`
  const keysText = (where: string, tail: string) =>
    `select d.key::text as key from (${sql}) d where ${where} order by d.key ${tail}`
  const anyKey = `d.key = any($1::${type}[])`

  async function readKeys(keys: readonly string[]): Promise<ReadDocuments> {
    if (keys.length === 0) return nothing
    try {
      return sort(kind, await session.query(pageText(anyKey, ''), [keys]))
    } catch (error) {
      if (!isMappingFault(error)) throw error
      const [only] = keys
      if (keys.length === 1 && only !== undefined) {
        const reason = `Cannot read ${kind} by ${mapping.file}: ${toSafeReason(error)}`
        return { documents: [], failures: [{ kind, key: only, reason, raw: await readRaw(session, mapping, only) }] }
      }
      const middle = Math.ceil(keys.length / 2)
      return join(await readKeys(keys.slice(0, middle)), await readKeys(keys.slice(middle)))
    }
  }

  /** The keys of a page whose documents cannot be read at once; a key that itself cannot be read is a failure. */
  async function pageKeys(after: string | null, offset: number, limit: number): Promise<KeyRange> {
    const where = after === null ? 'd.key is not null' : `d.key > $1::${type}`
    try {
      const rows = await session.query(
        keysText(where, `limit ${limit} offset ${offset}`),
        after === null ? [] : [after],
      )
      return { keys: rows.map(keyOf), failures: [], rows: rows.length }
    } catch (error) {
      if (!isMappingFault(error)) throw error
      if (limit === 1) {
        const key = `(unreadable key ${offset + 1} after ${after ?? 'the beginning'})`
        const reason = `Cannot read the key of ${kind} by ${mapping.file}: ${toSafeReason(error)}`
        return { keys: [], failures: [{ kind, key, reason }], rows: 1 }
      }
      const middle = Math.ceil(limit / 2)
      const first = await pageKeys(after, offset, middle)
      const second = await pageKeys(after, offset + middle, limit - middle)
      return {
        keys: [...first.keys, ...second.keys],
        failures: [...first.failures, ...second.failures],
        rows: first.rows + second.rows,
      }
    }
  }

  async function readPageApart(after: string | null, limit: number): Promise<ReadPage> {
    const failures: DocumentFailure[] = []
    for (let offset = 0; ; offset += limit) {
      const range = await pageKeys(after, offset, limit)
      failures.push(...range.failures)
      const last = range.keys.at(-1) ?? null
      // A page of unreadable keys only leaves nothing to go on from: look behind it.
      if (last === null && range.rows === limit) continue
      const read = await readKeys(range.keys)
      return { documents: read.documents, failures: [...failures, ...read.failures], last, more: range.rows === limit }
    }
  }

  return {
    kind,
    canonicalKey: (text) => (type === 'bpchar' ? text.trimEnd() : text),
    readKeys,
    async readPage(after, limit) {
      const where = after === null ? 'd.key is not null' : `d.key > $1::${type}`
      try {
        const rows = await session.query(pageText(where, `limit ${limit}`), after === null ? [] : [after])
        const lastRow = rows.at(-1)
        return { ...sort(kind, rows), last: lastRow === undefined ? null : keyOf(lastRow), more: rows.length === limit }
      } catch (error) {
        if (!isMappingFault(error)) throw error
        return await readPageApart(after, limit)
      }
    },
    async existing(keys) {
      const found = new Set<string>()
      const look = async (part: readonly string[]): Promise<void> => {
        try {
          for (const row of await session.query(keysText(anyKey, ''), [part])) found.add(keyOf(row))
        } catch (error) {
          if (!isMappingFault(error)) throw error
          // A key the source cannot even compare with is the key of nothing there.
          if (part.length <= 1) return
          const middle = Math.ceil(part.length / 2)
          await look(part.slice(0, middle))
          await look(part.slice(middle))
        }
      }
      await look(keys)
      return found
    },
    async readKeyless() {
      const rows = await session.query(`select d.data as data from (${sql}) d where d.key is null limit 100`)
      return rows.map((row, place) => ({
        kind,
        key: `(no key, row ${place + 1})`,
        reason: `Cannot read ${kind} by ${mapping.file}: key is null, allowed is the thing's primary key`,
        field: 'key',
        raw: isJson(row.data) ? row.data : null,
      }))
    },
    async count() {
      try {
        const [row] = await session.query<{ count: string }>(`select count(*)::text as count from (${sql}) d`)
        return row === undefined ? null : Number(row.count)
      } catch (error) {
        if (isMappingFault(error) || faultCode(error) === statementTimeout) return null
        throw error
      }
    },
  }
}

const statementTimeout = '57014'

type KeyRange = {
  readonly keys: readonly string[]
  readonly failures: readonly DocumentFailure[]
  readonly rows: number
}

const nothing: ReadDocuments = { documents: [], failures: [] }

function join(first: ReadDocuments, second: ReadDocuments): ReadDocuments {
  return {
    documents: [...first.documents, ...second.documents],
    failures: [...first.failures, ...second.failures],
  }
}

/** Tells good rows from those that are no document: data that is no object, a key that came twice. */
function sort(kind: string, rows: readonly Readonly<Record<string, unknown>>[]): ReadDocuments {
  const documents = new Map<string, JsonObject>()
  const failures = new Map<string, DocumentFailure>()
  for (const row of rows) {
    const key = keyOf(row)
    const { data } = row
    if (documents.has(key) || failures.has(key)) {
      documents.delete(key)
      failures.set(key, {
        kind,
        key,
        reason: `Cannot read ${kind}: the mapping answers key ${key} more than once`,
        field: 'key',
      })
    } else if (isJsonObject(data)) {
      documents.set(key, data)
    } else {
      const raw = isJson(data) ? data : null
      failures.set(key, { kind, key, reason: `Cannot read ${kind}: data is no JSON object`, field: 'data', raw })
    }
  }
  return { documents: [...documents].map(([key, data]) => ({ key, data })), failures: [...failures.values()] }
}

function keyOf(row: Readonly<Record<string, unknown>>): string {
  return String(row.key)
}

async function keyTypeOf(session: SourceSession, mapping: EstateDocument): Promise<string> {
  const columns = await session.columnsOf(mapping.sql)
  const key = columns.find(({ name }) => name === 'key')
  if (key === undefined || !columns.some(({ name }) => name === 'data')) {
    const got = columns.map(({ name }) => name).join(', ') || 'none'
    throw new AppError(
      'CONFIG_INVALID',
      `Cannot use mapping ${mapping.file}: its columns are ${got}, allowed are key and data`,
    )
  }
  // `character` without a length would cut each key to its first letter.
  if (key.typeOid === bpcharOid) return 'bpchar'
  const [row] = await session.query<{ type: string }>('select format_type($1::oid, null) as type', [key.typeOid])
  return row?.type ?? 'text'
}

const bpcharOid = 1042

/** The watched rows of a thing that cannot be read, in an encoding that always can. Best effort: null where even that fails. */
async function readRaw(session: SourceSession, mapping: EstateDocument, key: string): Promise<JsonValue> {
  const raw: Record<string, JsonValue> = {}
  for (const { table, key: column, lookup } of mapping.watch) {
    if (lookup !== undefined) continue
    try {
      const rows = await session.query<{ raw: string }>(
        `select encode(convert_to(t::text, getdatabaseencoding()), 'escape') as raw
         from ${table} t where t.${column}::text = $1 limit 20`,
        [key],
      )
      raw[table] = rows.map((row) => row.raw)
    } catch (error) {
      if (!isMappingFault(error)) throw error
      raw[table] = null
    }
  }
  return raw
}

/** `pg` parsed it from jsonb, so what is no text, number, boolean or null is built of such. */
function isJson(value: unknown): value is JsonValue {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value) || isStructure(value)
}

function isJsonObject(value: unknown): value is JsonObject {
  return isStructure(value) && !Array.isArray(value)
}

function isStructure(value: unknown): value is JsonObject | readonly JsonValue[] {
  return typeof value === 'object' && value !== null && !(value instanceof Date) && !Buffer.isBuffer(value)
}
