import type { Queryable } from '../../../platform/sql/database.ts'
import type { Method } from '../network.ts'

/*
 * Which variants the network owes units of that may have come. A mark is made in the transaction that changes what is read then, so
 * whoever takes it sees the change; and it says only that there is something to look at, so it may be made or taken twice.
 */

/** Units of one channel and method that no location has. */
export type Waiting = { readonly channelId: string; readonly method: Method; readonly units: number }

/** The next reservations of a variant to look at, the oldest first. */
export type OwedPage = {
  readonly variantId: string
  readonly version: string
  readonly ids: readonly string[]
  /** Of what is older than these. */
  readonly waiting: readonly Waiting[]
}

/** Has these variants looked at, those of which something is owed. */
export async function markOwed(queryable: Queryable, variantIds: Iterable<string>): Promise<void> {
  const variants = [...new Set(variantIds)]
  if (variants.length > 0) await queryable.query('select inventory.mark_owed($1)', [variants])
}

/** @returns null when none is due */
export async function takeOwed(queryable: Queryable): Promise<OwedPage | null> {
  const { rows } = await queryable.query<TakenRecord>('select * from inventory.take_owed($1, $2)', [
    takenSeconds,
    mostInPage,
  ])
  const [taken] = rows
  if (taken === undefined) return null
  const { variant, version, ids, waiting } = taken
  return { variantId: variant, version, ids, waiting: waiting ?? [] }
}

type TakenRecord = Pick<OwedPage, 'version' | 'ids'> & {
  readonly variant: string
  readonly waiting: OwedPage['waiting'] | null
}

/** Says that the page was looked at. What was told of the variant since it was taken is looked at all the same. */
export async function settleOwed(queryable: Queryable, { variantId, version, ids }: OwedPage): Promise<void> {
  const last = ids.length === mostInPage ? ids.at(-1) : null
  await queryable.query('select inventory.settle_owed($1, $2, $3, $4)', [variantId, version, last, againSeconds])
}

/** Reservations that one section places at most: their rows and events share its commit. */
const mostInPage = 100
/** After a process that took it died. */
const takenSeconds = 30
/** Rules that begin or end, and sources that are heard again, are told of no variant. */
const againSeconds = 900
