import type { Variant } from './catalogue.ts'
import type { OrderBrief } from './order-brief.ts'
import type { Random } from './random.ts'

/** Status numbers of the order management system; `oms/orders.sql` translates them. */
export const statusOf = {
  received: 10,
  held: 15,
  confirmed: 20,
  allocated: 40,
  released: 50,
  picked: 55,
  packed: 58,
  shipped: 60,
  ready: 65,
  delivered: 70,
  collected: 75,
  returnRequested: 80,
  returnMoving: 82,
  returned: 85,
  cancelled: 90,
} as const

export type PlannedLine = {
  readonly lineNo: number
  readonly variant: Variant
  readonly quantity: number
  readonly unitMinor: number
  readonly discountMinor: number
  readonly taxMinor: number
  readonly status: number
  readonly cancelledQty: number
  readonly returnedQty: number
}

export type Step = { readonly status: number; readonly atMs: number }

/** One order as all five systems will tell of it. */
export type OrderPlan = {
  readonly brief: OrderBrief
  readonly lines: readonly PlannedLine[]
  readonly shippingMinor: number
  readonly totalMinor: number
  readonly status: number
  readonly statusAtMs: number
  readonly steps: readonly Step[]
  readonly stageAt: (status: number) => number | null
  readonly refund: {
    readonly amountMinor: number
    readonly atMs: number
    readonly state: 'succeeded' | 'pending'
  } | null
}

const hourMs = 3_600_000
const taxPercent: Readonly<Record<string, number>> = { DE: 19, AT: 20, NL: 21, FR: 20, CH: 8.1, SE: 25 }

export function planOrder(brief: OrderBrief, random: Random, nowMs: number): OrderPlan {
  const steps = journey(brief, random).filter((step) => step.atMs <= nowMs && step.status <= brief.stopAt)
  const last = steps.at(-1) ?? { status: statusOf.received, atMs: brief.placedAtMs }
  const stageAt = (status: number): number | null => steps.find((step) => step.status === status)?.atMs ?? null
  const isReturning = last.status >= statusOf.returnRequested && last.status <= statusOf.returned
  const whole = brief.lines.length === 1 && (brief.lines[0]?.quantity ?? 1) === 1
  const returnsAll = whole || random.chance(0.5)

  const lines = brief.lines.map((line, at): PlannedLine => {
    const unitMinor =
      brief.channel === 'AMZ' ? (line.variant.marketplaceMinor ?? line.variant.priceMinor) : line.variant.priceMinor
    const gross = unitMinor * line.quantity
    const discountMinor = Math.round((gross * line.discountPercent) / 100)
    const percent = taxPercent[brief.shipTo?.country ?? brief.site.country] ?? 19
    const goesBack = isReturning && (returnsAll || at === 0)
    const backQty = !goesBack ? 0 : returnsAll ? line.quantity : Math.max(1, line.quantity - 1)
    const returnedQty = last.status === statusOf.returned ? backQty : 0
    const kept = brief.mode === 'PARCEL' ? statusOf.delivered : statusOf.collected
    return {
      lineNo: at + 1,
      variant: line.variant,
      quantity: line.quantity,
      unitMinor,
      discountMinor,
      taxMinor: Math.round(((gross - discountMinor) * percent) / (100 + percent)),
      // A line of which only some units went back stays delivered; the returned units are counted apart.
      status: !isReturning
        ? last.status
        : !goesBack || (returnedQty > 0 && returnedQty < line.quantity)
          ? kept
          : last.status,
      cancelledQty: last.status === statusOf.cancelled ? line.quantity : 0,
      returnedQty,
    }
  })

  const goodsMinor = lines.reduce((sum, line) => sum + line.unitMinor * line.quantity - line.discountMinor, 0)
  const shippingMinor = brief.mode === 'PARCEL' && brief.channel !== 'AMZ' && goodsMinor < 5_000 ? 495 : 0
  const returnedAtMs = stageAt(statusOf.returned)
  const refundMinor = lines.reduce((sum, line) => sum + lineShareMinor(line, line.returnedQty), 0)
  const allBack = lines.every((line) => line.status === last.status)
  return {
    brief,
    lines,
    shippingMinor,
    totalMinor: goodsMinor + shippingMinor,
    status:
      last.status === statusOf.returned && !allBack
        ? brief.mode === 'PARCEL'
          ? statusOf.delivered
          : statusOf.collected
        : last.status,
    statusAtMs: last.atMs,
    steps,
    stageAt,
    refund:
      returnedAtMs === null
        ? null
        : {
            amountMinor: refundMinor,
            atMs: returnedAtMs,
            state: nowMs - returnedAtMs > 24 * hourMs ? 'succeeded' : 'pending',
          },
  }
}

/** What a part of a line cost after its discount. */
export function lineShareMinor(
  line: Pick<PlannedLine, 'unitMinor' | 'quantity' | 'discountMinor'>,
  quantity: number,
): number {
  return Math.round(((line.unitMinor * line.quantity - line.discountMinor) * quantity) / line.quantity)
}

function journey(brief: OrderBrief, random: Random): readonly Step[] {
  const steps: Step[] = []
  let atMs = brief.placedAtMs
  const go = (status: number, fromHours: number, toHours: number): void => {
    atMs = Math.floor(atMs + (fromHours + random.next() * (toHours - fromHours)) * hourMs)
    steps.push({ status, atMs })
  }
  if (brief.mode === 'CARRY') {
    go(statusOf.collected, 0, 0)
  } else {
    go(statusOf.received, 0, 0)
    if (brief.outcome === 'held') {
      go(statusOf.held, 0.01, 0.1)
      go(statusOf.confirmed, 6, 72)
    } else go(statusOf.confirmed, 0.02, 0.3)
    go(statusOf.allocated, 0.1, 2)
    if (brief.outcome === 'cancelled') {
      go(statusOf.cancelled, 0.2, 20)
      return steps
    }
    go(statusOf.released, 0.5, 4)
    go(statusOf.picked, 0.5, brief.mode === 'PICKUP' ? 3 : 12)
    if (brief.mode === 'PICKUP') {
      go(statusOf.ready, 0.2, 2)
      go(statusOf.collected, 2, 60)
    } else {
      go(statusOf.packed, 0.1, 1)
      go(statusOf.shipped, 0.5, 8)
      go(statusOf.delivered, 20, 70)
    }
  }
  if (brief.outcome === 'returned') {
    go(statusOf.returnRequested, 24, 240)
    go(statusOf.returnMoving, 5, 30)
    go(statusOf.returned, 24, 96)
  }
  return steps
}
