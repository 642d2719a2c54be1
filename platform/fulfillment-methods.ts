/** How what is ordered gets to its customer: the values of `FulfillmentMethod`, in which subgraphs tell each other of it. */
export const fulfillmentMethods = [
  'SHIP',
  'SHIP_FROM_STORE',
  'PICKUP',
  'SAME_DAY_DELIVERY',
  'LOCKER',
  'ENDLESS_AISLE',
  'DROPSHIP',
] as const
