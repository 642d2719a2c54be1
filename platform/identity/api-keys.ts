import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { AppError } from '../errors/app-error.ts'
import type { Database, Queryable } from '../sql/database.ts'
import type { Viewer } from './viewer.ts'
import { parseViewer } from './viewer-header.ts'

/** Whom a key is for; the tenant is the installation's. */
export type KeyHolder = Viewer extends infer V ? (V extends Viewer ? Omit<V, 'tenant'> : never) : never

/** What may be shown of a key. */
export type ApiKey = {
  /** The key's beginning, `slk_` and 12 characters. */
  readonly id: string
  readonly clientId: string
  readonly createdAt: Date
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

export type ApiKeys = {
  /** @returns the key itself, which is kept nowhere and cannot be shown again */
  create(holder: KeyHolder): Promise<{ readonly id: string; readonly key: string }>
  /** A new key for the same holder; the old one stays good for `overlapMs`. @throws AppError `NOT_FOUND` */
  rotate(id: string, overlapMs: number): Promise<{ readonly id: string; readonly key: string }>
  /** Ends a key in every process within a second. @throws AppError `NOT_FOUND` */
  revoke(id: string): Promise<void>
  list(): Promise<readonly ApiKey[]>
  /** What is kept of a key as of now; null when there is none of that id. */
  read(id: string): Promise<StoredKey | null>
}

export type StoredKey = {
  readonly hash: Buffer
  readonly viewer: Viewer
  readonly expiresAt: Date | null
  readonly revokedAt: Date | null
}

const keyPattern = /^(slk_[a-z2-7]{12})_([A-Za-z0-9_-]{43})$/

/** The id a key begins with; null when it is not shaped like one. */
export function keyIdOf(key: string): string | null {
  return keyPattern.exec(key)?.[1] ?? null
}

export function isKey(key: string, stored: StoredKey): boolean {
  return timingSafeEqual(hashOf(key), stored.hash)
}

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

/** API keys in PostgreSQL; see `migrations/001-identity.sql`. */
export function createApiKeys(deps: {
  readonly database: Database
  readonly tenant: string
  readonly clock: Clock
}): ApiKeys {
  const { database, tenant, clock } = deps

  async function insert(into: Queryable, holder: unknown): Promise<{ id: string; key: string }> {
    const id = `slk_${toBase32(randomBytes(12))}`
    const key = `${id}_${randomBytes(32).toString('base64url')}`
    await into.query('INSERT INTO identity.api_keys (id, hash, viewer, created_at) VALUES ($1, $2, $3, $4)', [
      id,
      hashOf(key),
      JSON.stringify(holder),
      clock(),
    ])
    return { id, key }
  }

  return {
    create(holder) {
      parseViewer({ ...holder, tenant })
      return insert(database, holder)
    },
    rotate: (id, overlapMs) =>
      database.transaction(async (transaction) => {
        const { rows } = await transaction.query<{ viewer: unknown }>(
          `UPDATE identity.api_keys SET expires_at = least(expires_at, $2) WHERE id = $1 AND revoked_at IS NULL RETURNING viewer`,
          [id, new Date(clock().getTime() + overlapMs)],
        )
        const [old] = rows
        if (old === undefined) throw unknown(id)
        return insert(transaction, old.viewer)
      }),
    async revoke(id) {
      const { rowCount } = await database.query(
        'UPDATE identity.api_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1',
        [id, clock()],
      )
      if (rowCount === 0) throw unknown(id)
    },
    async list() {
      const { rows } = await database.query<KeyRow>(`${selectText} ORDER BY created_at, id LIMIT 1000`)
      return rows.map(({ id, viewer, created_at, expires_at, revoked_at }) => ({
        id,
        clientId: parseViewer({ ...viewer, tenant }).clientId,
        createdAt: created_at,
        expiresAt: expires_at,
        revokedAt: revoked_at,
      }))
    },
    async read(id) {
      const { rows } = await database.query<KeyRow>(`${selectText} WHERE id = $1`, [id])
      const [row] = rows
      if (row === undefined) return null
      const { hash, viewer, expires_at, revoked_at } = row
      const holder: Viewer = { ...parseViewer({ ...viewer, tenant }), keyId: id }
      return { hash, viewer: holder, expiresAt: expires_at, revokedAt: revoked_at }
    },
  }
}

const selectText = 'SELECT id, hash, viewer, created_at, expires_at, revoked_at FROM identity.api_keys'

type KeyRow = {
  readonly id: string
  readonly hash: Buffer
  readonly viewer: Readonly<Record<string, unknown>>
  readonly created_at: Date
  readonly expires_at: Date | null
  readonly revoked_at: Date | null
}

function toBase32(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => 'abcdefghijklmnopqrstuvwxyz234567'.charAt(byte & 31)).join('')
}

function unknown(id: string): AppError {
  return new AppError('NOT_FOUND', `Cannot change the API key: there is none of id ${JSON.stringify(id.slice(0, 40))}`)
}
