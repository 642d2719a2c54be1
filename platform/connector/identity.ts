import { LRUCache } from 'lru-cache'
import type { IdMinter } from '../ids.ts'
import type { Database, Queryable } from '../sql/database.ts'
import type { EntityKind, IdentityResolver, NaturalKey } from './connector.ts'

/** The letters an id of each kind begins with; after `_` comes a ULID. */
export const idPrefixes: Readonly<Record<EntityKind, string>> = {
  product: 'prd',
  variant: 'var',
  location: 'loc',
  channel: 'chn',
  order: 'ord',
  'order-line': 'oln',
  'fulfillment-order': 'ful',
  shipment: 'shp',
  return: 'ret',
  'customer-profile': 'cpr',
  payment: 'pay',
  refund: 'rfd',
  invoice: 'inv',
  'journal-entry': 'jnl',
}

/**
 * One batch's view of the natural keys. `ids` answers at once: with the canonical id where it is known, else with a
 * stand-in that `settle` makes obsolete, so whoever met one asks again after it.
 */
export type IdentitySession = {
  readonly ids: IdentityResolver
  /** How many requests so far were answered with a stand-in. */
  pendingCount(): number
  /** Looks the pending keys up, mints what nobody knows yet, and commits that: ids outlive a batch that fails. */
  settle(): Promise<void>
}

export type IdentityStore = { open(): IdentitySession }

export type IdentityOptions = {
  readonly database: Database
  readonly tenant: string
  readonly ids: IdMinter
  /** Resolved keys remembered in the process. Default 100,000. */
  readonly maxCached?: number
}

/**
 * Maps natural keys to canonical ids in `connector.natural_keys`. The names of one document become names of one id.
 * When they already mean different ids, the first named (the owner system's own key) wins for this document, the
 * others keep their meaning, and `connector.identity_conflicts` says so.
 */
export function createIdentityStore(options: IdentityOptions): IdentityStore {
  const { database, tenant, ids } = options
  const cache = new LRUCache<string, string>({ max: options.maxCached ?? 100_000 })
  const mint = (kind: EntityKind) => `${idPrefixes[kind]}_${ids.ulid()}`

  async function resolve(requests: readonly IdentityRequest[]): Promise<ReadonlyMap<string, string>> {
    const keys = [...new Map(requests.flatMap((request) => request.keys).map((key) => [key.text, key])).values()]
    const known = await readKnown(database, tenant, keys)
    if (known.size === keys.length && planIdentities(requests, known, mint).conflicts.length === 0) return known
    return database.transaction(async (transaction) => {
      // One minter at a time: two batches that meet the same names in other groupings would split them otherwise.
      await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`storeloom.identity:${tenant}`])
      const plan = planIdentities(requests, await readKnown(transaction, tenant, keys), mint)
      await insertKeys(transaction, tenant, plan.minted)
      await insertConflicts(transaction, tenant, plan.conflicts)
      return plan.known
    })
  }

  return {
    open() {
      const settled = new Map<string, string>()
      let pending: IdentityRequest[] = []
      const idOfKey = (key: Key) => settled.get(key.text) ?? cache.get(key.text)
      return {
        ids: {
          idOf(kind, namespace, value, aliases = []) {
            const keys = [{ namespace, value }, ...aliases].map((key) => toKey(kind, key))
            const found = keys.map(idOfKey)
            const first = found[0]
            if (first !== undefined && !found.includes(undefined)) return first
            pending.push({ kind, keys })
            return `${idPrefixes[kind]}_${String(pending.length).padStart(26, '0')}`
          },
        },
        pendingCount: () => pending.length,
        async settle() {
          const requests = pending
          pending = []
          if (requests.length === 0) return
          for (const [key, id] of await resolve(requests)) {
            settled.set(key, id)
            cache.set(key, id)
          }
        },
      }
    },
  }
}

type Key = NaturalKey & { readonly kind: EntityKind; readonly text: string }
type IdentityRequest = { readonly kind: EntityKind; readonly keys: readonly Key[] }
type KeyedId = { readonly key: Key; readonly id: string }
type Conflict = KeyedId & { readonly claimedId: string }

function toKey(kind: EntityKind, { namespace, value }: NaturalKey): Key {
  return { kind, namespace, value, text: `${kind}\u0000${namespace}\u0000${value}` }
}

/** @returns which id each key means once all requests are honoured in order, and what has to be written for it */
function planIdentities(
  requests: readonly IdentityRequest[],
  before: ReadonlyMap<string, string>,
  mint: (kind: EntityKind) => string,
): { known: Map<string, string>; minted: KeyedId[]; conflicts: Conflict[] } {
  const known = new Map(before)
  const minted: KeyedId[] = []
  const conflicts = new Map<string, Conflict>()
  for (const { kind, keys } of requests) {
    const chosen = keys.map((key) => known.get(key.text)).find((id) => id !== undefined) ?? mint(kind)
    for (const key of keys) {
      const id = known.get(key.text)
      if (id === undefined) {
        known.set(key.text, chosen)
        minted.push({ key, id: chosen })
      } else if (id !== chosen) {
        conflicts.set(`${key.text}\u0000${chosen}`, { key, id, claimedId: chosen })
      }
    }
  }
  return { known, minted, conflicts: [...conflicts.values()] }
}

async function readKnown(queryable: Queryable, tenant: string, keys: readonly Key[]): Promise<Map<string, string>> {
  const { rows } = await queryable.query<{ place: bigint; id: string }>(
    `select u.place, n.id
     from unnest($2::text[], $3::text[], $4::text[]) with ordinality u(kind, namespace, value, place)
     join connector.natural_keys n on n.tenant = $1 and n.kind = u.kind and n.namespace = u.namespace and n.value = u.value`,
    [tenant, ...columnsOf(keys)],
  )
  const known = new Map<string, string>()
  for (const row of rows) {
    const key = keys[Number(row.place) - 1]
    if (key !== undefined) known.set(key.text, row.id)
  }
  return known
}

async function insertKeys(queryable: Queryable, tenant: string, minted: readonly KeyedId[]): Promise<void> {
  if (minted.length === 0) return
  await queryable.query(
    `insert into connector.natural_keys (tenant, kind, namespace, value, id)
     select $1, u.kind, u.namespace, u.value, u.id
     from unnest($2::text[], $3::text[], $4::text[], $5::text[]) u(kind, namespace, value, id)`,
    [tenant, ...columnsOf(minted.map(({ key }) => key)), minted.map(({ id }) => id)],
  )
}

async function insertConflicts(queryable: Queryable, tenant: string, conflicts: readonly Conflict[]): Promise<void> {
  if (conflicts.length === 0) return
  await queryable.query(
    `insert into connector.identity_conflicts (tenant, kind, namespace, value, id, claimed_id)
     select $1, u.kind, u.namespace, u.value, u.id, u.claimed_id
     from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) u(kind, namespace, value, id, claimed_id)
     on conflict (tenant, kind, namespace, value, claimed_id) do update set last_seen_at = clock_timestamp()`,
    [
      tenant,
      ...columnsOf(conflicts.map(({ key }) => key)),
      conflicts.map(({ id }) => id),
      conflicts.map(({ claimedId }) => claimedId),
    ],
  )
}

function columnsOf(keys: readonly Key[]): [string[], string[], string[]] {
  return [keys.map((key) => key.kind), keys.map((key) => key.namespace), keys.map((key) => key.value)]
}
