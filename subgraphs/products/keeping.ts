import type { Keeping } from '../../platform/subgraph/keeping.ts'
import { seesUnpublished } from '../../policies/product-scope.ts'

/** What of the catalogue and its prices rests on cached rows, on the moment a price begins or ends, and on nothing else. */
export const productsKeeping: Keeping = {
  fields: [
    'Query.product',
    'Query.variant',
    'Query.variantsBySku',
    'Product.__resolveReference',
    'Variant.__resolveReference',
    'Variant.product',
    'Variant.price',
    'Variant.prices',
    'Price.amount',
    'Price.compareAt',
  ],
  renewed: ['Product.provenance', 'Variant.provenance', 'Price.provenance'],
  // Partners see prices made for their own channels, staff and services what is not published.
  classOf: (viewer) =>
    viewer.kind === 'partner' ? `p ${viewer.channelIds.join(' ')}` : seesUnpublished(viewer) ? 'u' : '',
}
