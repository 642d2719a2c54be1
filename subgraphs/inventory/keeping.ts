import type { Keeping } from '../../platform/subgraph/keeping.ts'
import { seesExactAvailability } from '../../policies/exact-availability.ts'

/** What of availability rests on cached rows, on the moment a hold, a rule or a release changes it, and on how fresh its systems are. */
export const inventoryKeeping: Keeping = {
  fields: [
    'Query.availability',
    'Variant.__resolveReference',
    'Variant.availability',
    'Availability.variant',
    'Availability.ats',
    'Availability.largestSingleLocation',
  ],
  renewed: ['Availability.asOf', 'Availability.provenance'],
  classOf: (viewer) => (seesExactAvailability(viewer) ? 'exact' : ''),
}
