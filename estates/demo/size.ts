export type DemoSize = {
  readonly stores: number
  readonly variants: number
  readonly variantsPerStore: number
  readonly customers: number
  readonly orders: number
}

export type DemoScale = 'demo' | 'full'

/** Two distribution centres at every scale. */
export const demoSizes: Readonly<Record<DemoScale, DemoSize>> = {
  demo: { stores: 40, variants: 2_000, variantsPerStore: 250, customers: 5_000, orders: 20_000 },
  full: { stores: 400, variants: 2_000, variantsPerStore: 250, customers: 20_000, orders: 100_000 },
}

export type DemoOptions = {
  readonly size: DemoSize
  readonly seed: number
  /** "Now" of the generated world; the orders lie in the 90 days before it. */
  readonly referenceTime: Date
}
