/** Most sellable first: a product is as alive as the liveliest of its variants. */
export const lifecycles = ['ACTIVE', 'PHASE_OUT', 'APPROVED', 'DRAFT', 'DISCONTINUED', 'ARCHIVED'] as const

export type Lifecycle = (typeof lifecycles)[number]
