export const supplyKinds = ['PURCHASE_ORDER', 'TRANSFER', 'RETURN_IN_TRANSIT', 'PRODUCTION'] as const

export const supplyStates = [
  'PLACED',
  'CONFIRMED',
  'IN_TRANSIT',
  'PARTIALLY_RECEIVED',
  'RECEIVED',
  'CANCELLED',
] as const

/** A reservation looks at all of them, under their locks. */
export const mostSubstitutes = 5
