import { allow, deny, type Policy } from './policy.ts'
import { reservationScope } from './reservation-scope.ts'

/**
 * Units are held, kept longer, bound to an order and given back by who has any reservation in scope; whose, `reservation-scope.ts`
 * says. Guards `Mutation.reserveStock`, `extendReservation`, `confirmReservation` and `releaseReservation`.
 */
export const reserveStock: Policy = {
  name: 'reserve-stock',
  decide: (viewer) => (reservationScope(viewer).kind === 'none' ? deny('no reservation is in scope') : allow),
}
