import type { z } from 'zod'
import type { anomalies, bucketsSchema } from './events.ts'

export type Buckets = Readonly<z.output<typeof bucketsSchema>>
export type Anomaly = (typeof anomalies)[number]

/** Units a source says it holds back; 0 where it says nothing. */
export type HeldBack = Omit<Buckets, 'onHand' | 'sellable'>

/** Sellable is what is left of the shelf, so the bucket identity holds by construction, below zero too. */
export function toBuckets(onHand: number, held: HeldBack): Buckets {
  const { damaged, qualityControl, returnHold, manualHold } = held
  const sellable = onHand - damaged - qualityControl - returnHold - manualHold
  return { onHand, sellable, damaged, qualityControl, returnHold, manualHold }
}

/** A source that sold what it never booked in goes below zero: kept as received, never published. */
export function anomalyOf({ onHand, sellable }: Buckets): Anomaly | null {
  if (onHand < 0) return 'NEGATIVE_ON_HAND'
  return sellable < 0 ? 'NEGATIVE_SELLABLE' : null
}
