import { entryNumber, invoiceNumber, refusal, revenueRule } from '../erp/rows.ts'
import { amount, dayNumber, timeNumber } from '../rows.ts'
import type { SoldOrder } from './order.ts'
import { firstRow, type Trade, textOf } from './sources.ts'

const webMethods = ['card', 'card', 'paypal', 'klarna'] as const

export async function authorize(trade: Trade, order: SoldOrder): Promise<void> {
  const provider = order.channel === 'AMZ' ? 'amazonpay' : order.channel === 'POS' ? 'tillpay' : 'paygate'
  const method =
    order.channel === 'AMZ' ? 'amazon_pay' : order.channel === 'POS' ? 'girocard' : trade.random.pick(webMethods)
  await trade.databases.psp.query(
    `insert into txn (id, merchant_ref, provider, provider_ref, method, state, currency, authorized_minor, created_at, authorized_at)
     values ($1, $2, $3, $4, $5, 'requires_capture', $6, $7, $8, $8)
     on conflict (id) do update set state = excluded.state, authorized_at = excluded.authorized_at where txn.state = 'voided'`,
    [
      transactionId(order),
      order.number,
      provider,
      `${provider.toUpperCase()}-${order.orderId * 31}`,
      method,
      order.currency,
      order.totalMinor,
      trade.now(),
    ],
  )
}

/** Takes what was authorised, once. */
export async function capture(trade: Trade, order: SoldOrder): Promise<void> {
  await trade.databases.psp.transaction(async (transaction) => {
    const { rowCount } = await transaction.query(
      "update txn set state = 'succeeded' where id = $1 and state = 'requires_capture'",
      [transactionId(order)],
    )
    if (rowCount === 0) return
    await transaction.query(
      'insert into capture (txn_id, seq, amount_minor, captured_at) select id, 1, authorized_minor, $2 from txn where id = $1',
      [transactionId(order), trade.now()],
    )
  })
}

export async function voidPayment(trade: Trade, order: SoldOrder): Promise<void> {
  await trade.databases.psp.query("update txn set state = 'voided' where id = $1 and state = 'requires_capture'", [
    transactionId(order),
  ])
}

/** Never more than was captured and not yet given back. */
export async function refund(trade: Trade, order: SoldOrder, amountMinor: number): Promise<void> {
  await trade.databases.psp.query(
    `insert into refund (id, txn_id, amount_minor, state, reason, created_at)
     select $1, t.id, least($3::bigint, c.captured - f.refunded), 'pending', 'customer_return', $4
     from txn t
     cross join lateral (select coalesce(sum(amount_minor), 0)::bigint as captured from capture where txn_id = t.id) c
     cross join lateral (select coalesce(sum(amount_minor), 0)::bigint as refunded from refund where txn_id = t.id) f
     where t.id = $2 and c.captured - f.refunded > 0
     on conflict (id) do nothing`,
    [`re_${order.orderId}`, transactionId(order), amountMinor, trade.now()],
  )
}

/** Issues the invoice and hands it to the books, at once. */
export async function invoice(trade: Trade, order: SoldOrder): Promise<void> {
  const atMs = trade.now().getTime()
  await trade.databases.erp.query(
    `with issued as (
       insert into fakt (faknr, aufnr, fakdat, fakzt, waehr, netto, mwst, brutto, fksta)
       values ($1, $2, $3, $4, $5, $6, $7, $8, 'BZ') on conflict (faknr) do nothing returning *)
     insert into buchg (belnr, faknr, aufnr, busch, waehr, betrag, erfdat, erfzt, busta)
     select $9, faknr, aufnr, $10, waehr, brutto, fakdat, fakzt, 'VE' from issued on conflict (belnr) do nothing`,
    [
      invoiceNumber(order.orderId),
      order.number,
      dayNumber(atMs),
      timeNumber(atMs),
      order.currency,
      amount(order.totalMinor - order.taxMinor),
      amount(order.taxMinor),
      amount(order.totalMinor),
      entryNumber(order.orderId),
      revenueRule,
    ],
  )
}

export async function creditInvoice(trade: Trade, order: SoldOrder): Promise<void> {
  await trade.databases.erp.query(
    `with credited as (update fakt set fksta = 'GS' where aufnr = $1 and fksta = 'BZ' returning faknr)
     update buchg set busta = 'ST' where busta = 'BU' and faknr in (select faknr from credited)`,
    [order.number],
  )
}

/** A posting run: what waits is posted, but for a few entries the ledger refuses; those it refused before wait for the next. */
export async function runPostings(trade: Trade): Promise<string | null> {
  const at = trade.now().getTime()
  const row = await firstRow(
    trade.databases.erp,
    `with waiting as (select belnr, busta, row_number() over (order by belnr) as place from (
         select belnr, busta from buchg where busta in ('VE', 'AB') order by belnr limit 50) w),
       run as (
         update buchg b set
           busta = case when w.busta = 'AB' then 'VE' when $4 and w.place = 1 then 'AB' else 'BU' end,
           grund = case when w.busta = 'VE' and $4 and w.place = 1 then $3 end,
           budat = case when w.busta = 'VE' and not ($4 and w.place = 1) then $1::int end,
           buzt = case when w.busta = 'VE' and not ($4 and w.place = 1) then $2::int end
         from waiting w where b.belnr = w.belnr returning 1)
     select nullif(count(*), 0)::text as entries from run`,
    [dayNumber(at), timeNumber(at), refusal, trade.random.chance(0.2)],
  )
  return row === null || row.entries === null ? null : `posted ${textOf(row, 'entries')} entries`
}

function transactionId(order: SoldOrder): string {
  return `pi_${order.orderId}`
}
