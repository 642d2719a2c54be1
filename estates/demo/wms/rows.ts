import type { World } from '../order-brief.ts'
import { type OrderPlan, statusOf } from '../order-plan.ts'
import { createRandom, type Random, streams } from '../random.ts'
import { amount, instant, rowOf, sourceTable, type TableRow } from '../rows.ts'
import type { Site } from '../sites.ts'

const node = sourceTable(
  'wms',
  'wms_node',
  'node_cd node_nm node_typ gln_no tz_nm adr_ln1 adr_city adr_pcd adr_ctry svc_ship svc_pkup svc_sdd actv_flg',
)
const stock = sourceTable(
  'wms',
  'wms_stk',
  'stk_id node_cd sku_cd qty_avl qty_dmg qty_hld qty_qc qty_rtn qty_alc qty_inb min_lvl upd_ts',
)
const movement = sourceTable('wms', 'wms_mvmt', 'mvmt_id node_cd sku_cd mv_typ qty ref_no mv_ts')
const receipt = sourceTable('wms', 'wms_rcpt', 'rcpt_no node_cd sku_cd exp_qty rcv_qty sts eta_ts rcv_ts')
const pick = sourceTable('wms', 'wms_pick', 'pick_no ord_ref ord_ln node_cd sku_cd qty sts upd_ts')
const shipment = sourceTable(
  'wms',
  'wms_ship',
  'ship_no ord_ref node_cd carr_cd trk_no sts crt_ts shp_ts dlv_ts frt_amt frt_cur',
)
const shipmentLine = sourceTable('wms', 'wms_ship_ln', 'ship_no ln_no ord_ln sku_cd qty')

const hourMs = 3_600_000
const movementsKeptMs = 14 * 24 * hourMs

export function* nodeRows(world: World): Generator<TableRow> {
  for (const site of world.sites) {
    yield rowOf(
      node,
      site.code,
      site.name,
      site.kind === 'DC' ? 10 : 20,
      site.gln,
      site.timeZone,
      site.street,
      site.city,
      site.postalCode,
      site.country,
      yesNo(site.ships),
      yesNo(site.pickup),
      yesNo(site.sameDay),
      'Y',
    )
  }
}

/** Units that open pick tasks hold, by position: what stock must contain on top of its free units. */
export type Allocations = Map<number, number>

export function positionOf(world: World, siteIndex: number, variantIndex: number): number {
  return siteIndex * world.size.variants + variantIndex
}

export function addAllocations(world: World, plan: OrderPlan, allocations: Allocations): void {
  if (!holdsStock(plan)) return
  for (const line of plan.lines) {
    const position = positionOf(world, plan.brief.site.index, line.variant.index)
    allocations.set(position, (allocations.get(position) ?? 0) + line.quantity)
  }
}

/** From allocation until the goods leave the building. */
function holdsStock(plan: OrderPlan): boolean {
  return plan.status >= statusOf.allocated && plan.status <= statusOf.ready && plan.status !== statusOf.shipped
}

export function* stockRows(world: World, allocations: Allocations): Generator<TableRow> {
  const nowMs = world.referenceTime.getTime()
  for (const site of world.sites) {
    for (const variantIndex of site.assortment) {
      const variant = world.catalogue[variantIndex]
      if (variant === undefined) continue
      const position = positionOf(world, site.index, variantIndex)
      const random = createRandom(world.seed, streams.stock, position)
      const allocated = allocations.get(position) ?? 0
      const free = variant.status === 'G' ? 0 : freeUnits(random, site, variantIndex / world.size.variants)
      const incoming = site.kind === 'DC' && random.chance(0.08) ? random.int(2, 20) * 10 : 0
      if (incoming > 0) {
        yield rowOf(
          receipt,
          60_000_000 + position,
          site.code,
          variant.sku,
          incoming,
          0,
          10,
          instant(nowMs + random.int(2, 240) * hourMs),
          null,
        )
      } else if (site.kind === 'DC' && random.chance(0.15)) {
        const receivedAtMs = nowMs - random.int(1, 300) * hourMs
        const quantity = random.int(2, 20) * 10
        yield rowOf(
          receipt,
          60_000_000 + position,
          site.code,
          variant.sku,
          quantity,
          quantity,
          90,
          instant(receivedAtMs),
          instant(receivedAtMs),
        )
        yield rowOf(
          movement,
          20_000_000 + position,
          site.code,
          variant.sku,
          '101',
          quantity,
          String(60_000_000 + position),
          instant(receivedAtMs),
        )
      }
      yield rowOf(
        stock,
        10_000_000 + position,
        site.code,
        variant.sku,
        free + allocated,
        random.chance(0.04) ? random.int(1, 4) : 0,
        random.chance(0.01) ? random.int(1, 6) : 0,
        random.chance(0.02) ? random.int(1, 8) : 0,
        random.chance(0.02) ? random.int(1, 3) : 0,
        allocated,
        incoming,
        site.kind === 'DC' ? 40 : 2,
        instant(nowMs - random.int(1, 5_000) * 1_000),
      )
    }
  }
}

/** @param rank 0 the best seller, 1 the slowest */
function freeUnits(random: Random, site: Site, rank: number): number {
  if (random.chance(site.kind === 'DC' ? 0.03 : 0.06)) return 0
  const heat = (1 - rank) ** 4
  return site.kind === 'DC'
    ? random.int(20, 150) + Math.round(heat * random.int(200, 700))
    : random.int(1, 8) + Math.round(heat * random.int(4, 18))
}

export function* fulfilmentRows(plan: OrderPlan, nowMs: number): Generator<TableRow> {
  const { brief, lines } = plan
  const upToMs = instant(plan.statusAtMs)
  if (holdsStock(plan)) {
    for (const line of lines) {
      yield rowOf(
        pick,
        brief.orderId * 10 + line.lineNo,
        brief.number,
        line.lineNo,
        brief.site.code,
        line.variant.sku,
        line.quantity,
        plan.status >= statusOf.picked ? 20 : 10,
        upToMs,
      )
    }
  }
  const leftAtMs = plan.stageAt(statusOf.shipped) ?? plan.stageAt(statusOf.collected)
  if (leftAtMs !== null && nowMs - leftAtMs < movementsKeptMs) {
    for (const line of lines) {
      yield rowOf(
        movement,
        brief.orderId * 10 + line.lineNo,
        brief.site.code,
        line.variant.sku,
        '601',
        -line.quantity,
        brief.number,
        instant(leftAtMs),
      )
    }
  }
  const packedAtMs = plan.stageAt(statusOf.packed)
  if (packedAtMs === null) return
  const shippedAtMs = plan.stageAt(statusOf.shipped)
  const deliveredAtMs = plan.stageAt(statusOf.delivered)
  const status = deliveredAtMs !== null ? 40 : shippedAtMs === null ? 10 : nowMs - shippedAtMs > 18 * hourMs ? 35 : 30
  const shipNo = 30_000_000 + brief.orderId
  const carrier = ['DHL', 'DPD', 'GLS', 'UPS'][brief.orderId % 4] ?? 'DHL'
  yield rowOf(
    shipment,
    shipNo,
    brief.number,
    brief.site.code,
    carrier,
    `${carrier}00${brief.orderId * 97}`,
    status,
    instant(packedAtMs),
    instant(shippedAtMs),
    instant(deliveredAtMs),
    amount(350 + (brief.orderId % 300)),
    'EUR',
  )
  for (const line of lines) yield rowOf(shipmentLine, shipNo, line.lineNo, line.lineNo, line.variant.sku, line.quantity)
}

function yesNo(flag: boolean): string {
  return flag ? 'Y' : 'N'
}
