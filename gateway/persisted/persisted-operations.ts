import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import { AppError } from '../../platform/errors/app-error.ts'
import type { Viewer } from '../../platform/identity/viewer.ts'
import { describeValue } from '../../platform/parse.ts'
import type { GatewayRequest } from '../exchange.ts'
import type { OperationManifest } from './manifest.ts'

export type PersistedOperations = {
  /**
   * The document a request asks for: its text, or what its hash names in the manifest or among automatic ones.
   * @throws AppError `PERSISTED_QUERY_NOT_FOUND`, `PERSISTED_QUERY_REQUIRED`, or `BAD_REQUEST` when hash and text do
   * not belong together
   */
  textOf(request: GatewayRequest, viewer: Viewer): string
  /** Remembers a text that came with its hash and turned out to be a valid document. */
  keep(request: GatewayRequest, text: string): void
}

export type PersistedOperationsOptions = {
  /** Registered ahead of time. Default: none. */
  readonly manifest?: OperationManifest
  /** Whether a viewer's client may run registered documents only. Default: none must. */
  readonly isRequired?: (viewer: Viewer) => boolean
}

const automaticBounds = { max: 5_000, maxSize: 10_000_000 }

/** Documents by hash: registered ones of the manifest, and automatic ones (Apollo's protocol), bounded. */
export function createPersistedOperations(options: PersistedOperationsOptions = {}): PersistedOperations {
  const { manifest, isRequired = () => false } = options
  const automatic = new LRUCache<string, string>({ ...automaticBounds, sizeCalculation: (text) => text.length + 64 })

  return {
    textOf(request, viewer) {
      const { query, extensions } = request
      const hash = extensions?.persistedQuery === undefined ? null : readHash(extensions.persistedQuery)
      if (isRequired(viewer)) return registered(hash, query, manifest)
      if (query !== undefined) {
        if (hash !== null && sha256(query) !== hash) throw mismatch()
        return query
      }
      if (hash === null) {
        throw new AppError('BAD_REQUEST', 'Cannot read query: it is missing, allowed is a GraphQL document as text')
      }
      const text = manifest?.textOf(hash) ?? automatic.get(hash)
      if (text !== undefined) return text
      throw new AppError('PERSISTED_QUERY_NOT_FOUND', 'PersistedQueryNotFound')
    },
    keep({ query, extensions }, text) {
      if (query === undefined || extensions?.persistedQuery === undefined) return
      const hash = readHash(extensions.persistedQuery)
      if (!automatic.has(hash)) automatic.set(hash, text)
    },
  }
}

function registered(hash: string | null, query: string | undefined, manifest: OperationManifest | undefined): string {
  if (hash !== null) {
    const text = manifest?.textOf(hash)
    if (text === undefined) {
      throw new AppError('PERSISTED_QUERY_REQUIRED', 'Cannot run the document: this client runs registered ones only')
    }
    if (query !== undefined && query !== text) throw mismatch()
    return text
  }
  if (query !== undefined && manifest?.hasText(query)) return query
  throw new AppError('PERSISTED_QUERY_REQUIRED', 'Cannot run the document: this client runs registered ones only')
}

function readHash(persistedQuery: unknown): string {
  const { version, sha256Hash } =
    typeof persistedQuery === 'object' && persistedQuery !== null
      ? (persistedQuery as Readonly<Record<string, unknown>>)
      : {}
  if (version !== 1) {
    throw new AppError(
      'BAD_REQUEST',
      `Cannot read persistedQuery: its version is ${describeValue(version)}, allowed is 1`,
    )
  }
  if (typeof sha256Hash === 'string' && sha256Hash !== '' && sha256Hash.length <= 200) return sha256Hash
  throw new AppError('BAD_REQUEST', 'Cannot read persistedQuery: its sha256Hash is no text of 1 to 200 characters')
}

function mismatch(): AppError {
  return new AppError('BAD_REQUEST', 'Cannot trust persistedQuery: its sha256Hash is not that of the query')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
