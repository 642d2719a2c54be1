import {
  type Connection,
  type ConnectionArguments,
  parseConnectionArguments,
  toConnection,
} from '../../../platform/connection.ts'
import { hashFilter } from '../../../platform/cursor.ts'
import { AppError } from '../../../platform/errors/app-error.ts'
import { isInStockScope, stockScope } from '../../../policies/stock-scope.ts'
import { readShortages, type ShortageRow } from '../demand/shortages.ts'
import { type ChannelFeedRow, readFeeds } from '../feeds/feeds.ts'
import type { Context } from '../loaders.ts'
import {
  type Balance,
  type GapRow,
  type MovementRow,
  readBalance,
  readMovements,
  readSequenceGaps,
  readShortfalls,
  readUnreceivedTransfers,
  type ShortfallRow,
  type TransferRow,
} from './history.ts'

type Place = { readonly variantId: string; readonly locationId: string }

/** @returns null when nothing was known, or the viewer may not see the location */
export async function resolveStockAt(
  { at, knownAt, ...place }: Place & { readonly at: string; readonly knownAt?: string | null | undefined },
  { database, viewer, now }: Context,
): Promise<Balance | null> {
  if (!maySee(place.locationId, viewer)) return null
  return await readBalance(database, { ...place, at, knownAt: knownAt ?? now.toISOString() })
}

/** The newest first. @throws AppError `BAD_USER_INPUT` */
export async function resolveMovements(
  given: Place & Pick<ConnectionArguments, 'first' | 'after'>,
  { database, viewer, cursors }: Context,
): Promise<Connection<MovementRow>> {
  const { variantId, locationId, first, after } = given
  const page = parseConnectionArguments({ first, after })
  const target = { scope: 'Query.stockMovements', filterHash: hashFilter([viewer.tenant, variantId, locationId]) }
  const [occurredAt, sequence] = page.cursor === null ? [] : cursors.decode(page.cursor, target)
  const below = occurredAt == null ? null : { occurredAt: String(occurredAt), sequence: Number(sequence) }
  const rows = maySee(locationId, viewer) ? await readMovements(database, given, below, page.size + 1) : []
  return toConnection(rows, page, (row) => cursors.encode({ ...target, values: [row.occurredAt, row.sequence] }))
}

/** The oldest first. @throws AppError `BAD_USER_INPUT` */
export async function resolveShortfalls(
  given: Pick<ConnectionArguments, 'first' | 'after'>,
  { database, viewer, cursors }: Context,
): Promise<Connection<ShortfallRow>> {
  const page = parseConnectionArguments(given)
  const locationIds = seenLocations(viewer)
  const target = { scope: 'Query.shortfalls', filterHash: hashFilter([viewer.tenant, locationIds]) }
  const above = page.cursor === null ? null : cursors.decode(page.cursor, target).map(String)
  const rows = await readShortfalls(database, above, page.size + 1, locationIds)
  return toConnection(rows, page, ({ detectedAt, variantId, locationId }) =>
    cursors.encode({ ...target, values: [detectedAt, variantId, locationId] }),
  )
}

/** @throws AppError `BAD_USER_INPUT` */
export async function resolveUnreceivedTransfers(
  { olderThanHours, first }: { readonly olderThanHours: number; readonly first: number },
  { database, viewer, now }: Context,
): Promise<readonly TransferRow[]> {
  if (!(olderThanHours >= 0 && olderThanHours <= mostHours)) {
    throw refusal('olderThanHours', olderThanHours, `0 to ${mostHours}`)
  }
  checkFirst(first)
  return await readUnreceivedTransfers(
    database,
    new Date(now.getTime() - olderThanHours * 3_600_000).toISOString(),
    first,
    seenLocations(viewer),
  )
}

/** Of no location, so only for who sees all of them. @throws AppError `BAD_USER_INPUT` */
export async function resolveSequenceGaps(
  { first }: { readonly first: number },
  { database, viewer }: Context,
): Promise<readonly GapRow[]> {
  checkFirst(first)
  if (seenLocations(viewer) !== null) return []
  return await readSequenceGaps(database, first)
}

/** As `resolveSequenceGaps`. @throws AppError `BAD_USER_INPUT` */
export async function resolveOrderShortages(
  { first }: { readonly first: number },
  { database, viewer }: Context,
): Promise<readonly ShortageRow[]> {
  checkFirst(first)
  if (seenLocations(viewer) !== null) return []
  return await readShortages(database, viewer.tenant, first)
}

/** As `resolveSequenceGaps`. @throws AppError `BAD_USER_INPUT` */
export async function resolveChannelFeeds(
  { channelId, first }: { readonly channelId?: string | null | undefined; readonly first: number },
  { database, viewer }: Context,
): Promise<readonly ChannelFeedRow[]> {
  checkFirst(first)
  if (seenLocations(viewer) !== null) return []
  return await readFeeds(database, channelId ?? null, first)
}

const mostHours = 87_600
const mostRows = 100

function maySee(locationId: string, viewer: Context['viewer']): boolean {
  return isInStockScope(stockScope(viewer), locationId)
}

/** @returns null: all */
function seenLocations(viewer: Context['viewer']): readonly string[] | null {
  const scope = stockScope(viewer)
  return scope.kind === 'all' ? null : scope.locationIds
}

function checkFirst(first: number): void {
  if (!Number.isInteger(first) || first < 1 || first > mostRows) throw refusal('first', first, `1 to ${mostRows}`)
}

function refusal(argument: string, got: number, allowed: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot read the ledger: ${argument} is ${got}, allowed is ${allowed}`, {
    details: { argument, allowed },
  })
}
