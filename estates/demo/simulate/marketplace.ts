import type { SoldOrder } from './order.ts'
import { firstRow, type Trade, textOf, wholeOf } from './sources.ts'

export const marketplace = 'AMZ'

/**
 * Tells the marketplace of lines it was told nothing of yet; doing it twice does it once.
 * @param lines how many of them, the first ones; null: all
 * @param reason why they cannot be had; null: they can
 */
export async function acknowledge(
  { databases, now }: Trade,
  { orderId, channel }: SoldOrder,
  { lines, reason }: { readonly lines: number | null; readonly reason: string | null },
): Promise<void> {
  if (channel !== marketplace) return
  await databases.oms.query(
    `with open as (
       select line_no, quantity from sales_order_line as l
       where order_id = $1 and not exists (
         select from market_ack join market_ack_line as told using (ack_id) where order_id = $1 and told.line_no = l.line_no)
       order by line_no limit $2
     ), ack as (
       insert into market_ack (ack_id, order_id, acked_at)
       select nextval('market_ack_id'), $1, $3 where exists (select from open) returning ack_id
     )
     insert into market_ack_line (ack_id, line_no, acked_qty, refused_qty, reason)
     select ack_id, line_no, case when $4::text is null then quantity else 0 end, case when $4::text is null then 0 else quantity end, $4
     from ack, open`,
    [orderId, lines, now(), reason],
  )
}

/** Sends the marketplace the stock of everything it lists, or hears that it has what was sent last. */
export async function feedStock({ databases, random, now }: Trade): Promise<string | null> {
  const at = now()
  const refused = random.chance(0.1) ? random.int(1, 3) : 0
  const confirmed = await firstRow(
    databases.oms,
    `update market_feed set confirmed_at = $1, refused = least(listings, $2)
     where feed_id = (select feed_id from market_feed where confirmed_at is null order by feed_id limit 1) returning feed_id::text`,
    [at, refused],
  )
  if (confirmed !== null) return `feed ${textOf(confirmed, 'feed_id')} confirmed`
  const listed = await firstRow(
    databases.erp,
    "select count(*)::int as listings from artst where artsta in ('A', 'L')",
    [],
  )
  const sent = await firstRow(
    databases.oms,
    `insert into market_feed (feed_id, channel_code, sent_at, listings, refused)
     values (nextval('market_feed_id'), $1, $2, $3, 0) returning feed_id::text`,
    [marketplace, at, listed === null ? 0 : wholeOf(listed, 'listings')],
  )
  return sent === null ? null : `feed ${textOf(sent, 'feed_id')} sent`
}
