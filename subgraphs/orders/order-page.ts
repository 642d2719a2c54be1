import {
  type Connection,
  type ConnectionArguments,
  parseConnectionArguments,
  toConnection,
} from '../../platform/connection.ts'
import { timestampField } from '../../platform/connector/document-fields.ts'
import { hashFilter } from '../../platform/cursor.ts'
import { AppError } from '../../platform/errors/app-error.ts'
import { type OrderScope, orderScopeKey } from '../../policies/order-scope.ts'
import type { Context } from './loaders.ts'
import type { OrderListEntry, OrderListFilter, OrderListPage } from './order-list.ts'
import type { OrderView } from './order-view.ts'
import { type PublicStatus, publicStatuses } from './public-status.ts'
import { type TimelineEntryView, toTimelineEntries } from './timeline.ts'

export type OrderFilterInput = {
  readonly channelId?: string | null | undefined
  readonly publicStatus?: readonly PublicStatus[] | null | undefined
  readonly placedFrom?: string | null | undefined
  readonly placedTo?: string | null | undefined
}

type OrdersArguments = ConnectionArguments & { readonly filter?: OrderFilterInput | null | undefined }

/** @throws AppError `BAD_USER_INPUT` or `CURSOR_INVALID` */
export function loadOrderPage(given: OrdersArguments, context: Context): Promise<Connection<OrderView>> {
  const { scope, load } = context
  return loadPage('Query.orders', null, given, context, (page) => {
    // A shopper's orders are those of all their profiles.
    if (scope.kind === 'customer') return load.ordersOfCustomer.load({ customerId: scope.customerId, page })
    return load.orderList(page)
  })
}

/** @throws AppError `BAD_USER_INPUT` or `CURSOR_INVALID` */
export function loadCustomerOrderPage(
  customerId: string,
  given: OrdersArguments,
  context: Context,
): Promise<Connection<OrderView>> {
  const { scope, load } = context
  const isOwn = scope.kind !== 'customer' || scope.customerId === customerId
  return loadPage('Customer.orders', customerId, given, context, async (page) =>
    isOwn ? await load.ordersOfCustomer.load({ customerId, page }) : [],
  )
}

/** @throws AppError `BAD_USER_INPUT` or `CURSOR_INVALID` */
export async function loadTimelinePage(
  orderId: string,
  given: ConnectionArguments,
  { load, cursors, scope, viewer }: Context,
): Promise<Connection<TimelineEntryView>> {
  const page = parseConnectionArguments(given)
  const target = { scope: 'Order.timeline', filterHash: hashFilter([viewer.tenant, orderScopeKey(scope), orderId]) }
  const from = page.cursor === null ? null : cursors.decode(page.cursor, target)
  const entries = toTimelineEntries((await load.timeline.load(orderId)) ?? [])
  const rows = page.direction === 'forward' ? entries : entries.toReversed()
  const start = from === null ? 0 : rows.findIndex(({ id }) => id === from[0]) + 1
  if (from !== null && start === 0) {
    throw new AppError(
      'CURSOR_INVALID',
      'Cannot page: the cursor is older than the timeline is kept; start from the first page',
    )
  }
  return toConnection(rows.slice(start, start + page.size + 1), page, ({ id }) =>
    cursors.encode({ ...target, values: [id] }),
  )
}

async function loadPage(
  list: string,
  parentId: string | null,
  given: OrdersArguments,
  { load, cursors, scope, viewer }: Context,
  read: (page: OrderListPage) => Promise<readonly OrderListEntry[]>,
): Promise<Connection<OrderView>> {
  const filter = toFilter(given.filter ?? {})
  const page = parseConnectionArguments(given)
  const target = { scope: list, filterHash: hashFilter([viewer.tenant, orderScopeKey(scope), parentId, filter]) }
  const entries = await readWithin(
    scope,
    {
      ...filter,
      locationIds: scope.kind === 'locations' ? scope.locationIds : null,
      channelIds: scope.kind === 'channels' ? scope.channelIds : null,
      regions: scope.kind === 'regions' ? scope.regions : null,
      from: page.cursor === null ? null : toEntry(cursors.decode(page.cursor, target)),
      direction: page.direction === 'forward' ? 'newest-first' : 'oldest-first',
      limit: page.size + 1,
    },
    read,
  )
  const orders = await Promise.all(
    entries.map(async ({ id, placedAt }) => ({ id, placedAt, order: await load.order.load(id) })),
  )
  const { edges, pageInfo } = toConnection(orders, page, ({ id, placedAt }) =>
    cursors.encode({ ...target, values: [placedAt, id] }),
  )
  // A row and its order are read apart; one that a rebuild is just making anew has a row but no order.
  const known = edges.flatMap(({ cursor, node: { order } }) => (order === null ? [] : [{ cursor, node: order }]))
  return { edges: known, pageInfo }
}

/** A scope without any order in it is not even asked for. */
async function readWithin(
  scope: OrderScope,
  page: OrderListPage,
  read: (page: OrderListPage) => Promise<readonly OrderListEntry[]>,
): Promise<readonly OrderListEntry[]> {
  if (scope.kind === 'none') return []
  if (page.channelIds !== null && page.channelId !== null && !page.channelIds.includes(page.channelId)) return []
  const [only, ...others] = page.channelIds ?? []
  return read(only === undefined || others.length > 0 ? page : { ...page, channelId: only })
}

function toFilter({ channelId, publicStatus, placedFrom, placedTo }: OrderFilterInput): OrderListFilter {
  if (channelId?.includes('\u0000')) throw refusal('channelId', 'text without NUL characters')
  return {
    channelId: channelId ?? null,
    publicStatus: publicStatus == null ? null : publicStatuses.filter((status) => publicStatus.includes(status)),
    placedFrom: toInstant('placedFrom', placedFrom),
    placedTo: toInstant('placedTo', placedTo),
  }
}

function toInstant(field: string, text: string | null | undefined): string | null {
  if (text == null) return null
  const parsed = timestampField.safeParse(text)
  if (!parsed.success) throw refusal(field, 'an instant such as 2026-10-01T09:30:00.000Z')
  return parsed.data
}

function toEntry([placedAt, id]: readonly unknown[]): OrderListEntry {
  return { placedAt: String(placedAt), id: String(id) }
}

function refusal(field: string, allowed: string): AppError {
  return new AppError('BAD_USER_INPUT', `Cannot list orders: filter.${field} is not readable, allowed is ${allowed}`, {
    details: { argument: `filter.${field}`, allowed },
  })
}
