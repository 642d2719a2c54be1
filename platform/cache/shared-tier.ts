import type { CacheKey } from '../event-log/projection.ts'

/** A value with the moment its load began, in milliseconds since 1970. null: known to be absent. */
export type SharedValue = { readonly value: unknown; readonly readAtMs: number }

/** Permission to fill one key: void as soon as the key is invalidated, by whichever process. Opaque. */
export type FillLease = string

export type SharedLookup = { readonly hit: SharedValue } | { readonly lease: FillLease }

export type SharedFill = { readonly key: string; readonly value: SharedValue; readonly lease: FillLease }

/**
 * A second cache tier shared by processes. It is an optimisation that may vanish at any moment: nothing here
 * rejects or takes longer than its deadline. A value read before an invalidation is never stored after it, and
 * a tier that missed an invalidation is emptied before it is asked again.
 */
export type SharedTier = AsyncDisposable & {
  /** One lookup per key, in key order; null when the tier cannot be asked or not be trusted now: then store nothing either. */
  getMany(cache: string, keys: readonly string[]): Promise<readonly SharedLookup[] | null>
  /** Stores what was loaded under the leases of `getMany`; entries whose lease is void are dropped. */
  putMany(cache: string, fills: readonly SharedFill[]): Promise<void>
  /** Takes effect before any later `getMany` of this process. */
  invalidate(keys: readonly CacheKey[]): void
  invalidateAll(): void
}
