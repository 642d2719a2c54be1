import { itemGroups, type Variant } from '../catalogue.ts'
import type { World } from '../order-brief.ts'
import { type OrderPlan, statusOf } from '../order-plan.ts'
import { amount, dayNumber, rowOf, sourceTable, type TableRow, timeNumber } from '../rows.ts'

const filst = sourceTable('erp', 'filst', 'filnr filbez filart gln strasse plz ort land eroedat')
const artgrp = sourceTable('erp', 'artgrp', 'agnr agbez agobr')
const artst = sourceTable(
  'erp',
  'artst',
  'artnr modnr modbez artbez arttxt marke agnr wgbez1 wgbez2 farbe groesse ean meeh artsta nachlf bild aendat',
)
const preis = sourceTable('erp', 'preis', 'prsnr artnr prslst kanal waehr vkprs uvp gueab guebis')
const fakt = sourceTable('erp', 'fakt', 'faknr aufnr fakdat fakzt waehr netto mwst brutto fksta')

const buchg = sourceTable('erp', 'buchg', 'belnr faknr aufnr busch waehr betrag erfdat erfzt budat buzt busta grund')

const buckrs = sourceTable('erp', 'buckrs', 'bukrs waehr laender')
const kurs = sourceTable('erp', 'kurs', 'kursnr vonwae nachwae kurs gueab guebis')
const wareinst = sourceTable('erp', 'wareinst', 'aufnr posnr menge waehr wert zolld zoll')

const openEnd = 99_991_231
const dayMs = 86_400_000

export function* erpMasterRows(world: World): Generator<TableRow> {
  for (const site of world.sites) {
    yield rowOf(
      filst,
      site.erpNumber,
      site.name.slice(0, 40),
      site.kind === 'DC' ? 'L' : 'F',
      site.gln,
      site.street,
      site.postalCode,
      site.city,
      site.country,
      site.openedOn,
    )
  }
  yield rowOf(buckrs, '1000', 'EUR', 'AT DE FR NL')
  yield rowOf(buckrs, '2000', 'CHF', 'CH')
  yield rowOf(kurs, 1, 'EUR', 'CHF', '0.940000', 20_240_101, openEnd)
  for (const group of itemGroups()) yield rowOf(artgrp, group.code, group.name, group.parent)
  const today = dayNumber(world.referenceTime.getTime())
  for (const variant of world.catalogue) yield itemRow(variant, today)
  for (const variant of world.catalogue) yield* priceRows(variant, world.referenceTime.getTime())
}

function itemRow(v: Variant, today: number): TableRow {
  const image = v.index % 10 === 9 ? null : `https://images.example.com/${v.model}/${v.sku.toLowerCase()}.jpg`
  return rowOf(
    artst,
    v.sku,
    v.model,
    v.modelTitle,
    v.title,
    v.text,
    v.brand,
    v.groupCode,
    v.department,
    v.group,
    v.color,
    v.size,
    v.gtin,
    'ST',
    v.status,
    v.backorderable ? 'J' : 'N',
    image,
    today,
  )
}

function* priceRows(v: Variant, nowMs: number): Generator<TableRow> {
  const id = 1_000_000 + v.index * 10
  const uvp = v.strikeMinor === null ? null : amount(v.strikeMinor)
  yield rowOf(preis, id, v.sku, 'VK01', null, 'EUR', amount(v.priceMinor), uvp, 20_240_101, openEnd)
  if (v.marketplaceMinor !== null)
    yield rowOf(preis, id + 1, v.sku, 'AMZN', 'AMZ', 'EUR', amount(v.marketplaceMinor), null, 20_240_101, openEnd)
  if (v.saleMinor !== null) {
    yield rowOf(
      preis,
      id + 2,
      v.sku,
      'AKTN',
      'WEB',
      'EUR',
      amount(v.saleMinor),
      amount(v.priceMinor),
      dayNumber(nowMs - 7 * dayMs),
      dayNumber(nowMs + 30 * dayMs),
    )
  }
}

/** Tills issue receipts; only what is sent or kept for pickup is invoiced. */
export function* invoiceRows(plan: OrderPlan, nowMs: number): Generator<TableRow> {
  const issuedAtMs = plan.stageAt(statusOf.shipped) ?? plan.stageAt(statusOf.ready)
  if (issuedAtMs === null) return
  const taxMinor = plan.lines.reduce((sum, line) => sum + line.taxMinor, 0)
  const credited = plan.refund !== null && plan.refund.amountMinor >= plan.totalMinor - plan.shippingMinor
  yield rowOf(
    fakt,
    invoiceNumber(plan.brief.orderId),
    plan.brief.number,
    dayNumber(issuedAtMs),
    timeNumber(issuedAtMs),
    plan.brief.currency,
    amount(plan.totalMinor - taxMinor),
    amount(taxMinor),
    amount(plan.totalMinor),
    credited ? 'GS' : 'BZ',
  )
  if (nowMs - issuedAtMs < openPeriodDays * dayMs) yield journalRow(plan, issuedAtMs, nowMs, credited)
}

/** What an order that examples name cost: about half of its price. */
export function* costRows({ brief, lines }: OrderPlan): Generator<TableRow> {
  if (brief.index >= 0) return
  for (const [at, { variant, quantity }] of lines.entries()) {
    const wert = amount(Math.round(variant.priceMinor / 2) * quantity)
    yield rowOf(wareinst, brief.number, at + 1, quantity, brief.currency, wert, null, null)
  }
}

/** Posted by the next run, but for a few that it refused and nobody has corrected since. */
function journalRow({ brief, totalMinor }: OrderPlan, issuedAtMs: number, nowMs: number, credited: boolean): TableRow {
  const postedAtMs = issuedAtMs + postingRunMs
  const refused = brief.orderId % 40 === 7 && nowMs - issuedAtMs < 2 * dayMs
  const status = credited ? 'ST' : refused ? 'AB' : postedAtMs > nowMs ? 'VE' : 'BU'
  const isPosted = status === 'ST' || status === 'BU'
  return rowOf(
    buchg,
    entryNumber(brief.orderId),
    invoiceNumber(brief.orderId),
    brief.number,
    revenueRule,
    brief.currency,
    amount(totalMinor),
    dayNumber(issuedAtMs),
    timeNumber(issuedAtMs),
    isPosted ? dayNumber(postedAtMs) : null,
    isPosted ? timeNumber(postedAtMs) : null,
    status,
    status === 'AB' ? refusal : null,
  )
}

const openPeriodDays = 14
const postingRunMs = 600_000

export const revenueRule = 'ERLOES'
export const refusal = 'Konto gesperrt'
export const invoiceNumber = (orderId: number): number => 80_000_000 + orderId
export const entryNumber = (orderId: number): number => 90_000_000 + orderId
