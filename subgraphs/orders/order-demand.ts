import { z } from 'zod'
import { factOrigin } from '../../platform/connector/fact.ts'
import type { OrderLineContent } from './events.ts'
import type { StateQuantity } from './line-states.ts'

const demandLine = z.object({
  lineId: z.string(),
  /** null where the source's item is unknown to the catalogue. */
  variantId: z.string().nullable(),
  quantity: z.int().positive(),
})

export const demandLines = z.array(demandLine)
export type DemandLine = z.output<typeof demandLine>

export const demandEvents = {
  /**
   * The source wants other units than before: it edited lines, or cancelled units of them. Whole on both sides, so that whoever
   * keeps units for the order needs to know nothing else.
   */
  'retail.order.demand-changed.v1': z.object({
    orderId: z.string(),
    channelId: z.string(),
    before: demandLines,
    after: demandLines,
    origin: factOrigin,
  }),
} as const

/** Units of each line that the source still wants: neither cancelled nor rejected. A line without any is left out. */
export function demandOf(
  lines: readonly OrderLineContent[],
  counts: ReadonlyMap<string, readonly StateQuantity[]>,
): readonly DemandLine[] {
  return lines.flatMap(({ lineId, variantId, quantity: ordered }) => {
    const quantity = ordered - goneOf(counts.get(lineId) ?? [])
    return quantity > 0 ? [{ lineId, variantId, quantity }] : []
  })
}

function goneOf(counts: readonly StateQuantity[]): number {
  return counts.reduce(
    (sum, { state, quantity }) => (state === 'CANCELLED' || state === 'REJECTED' ? sum + quantity : sum),
    0,
  )
}
