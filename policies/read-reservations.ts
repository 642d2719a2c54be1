import { allow, deny, type Policy } from './policy.ts'
import { reservationScope } from './reservation-scope.ts'

/** Reservations are readable by who may make them; whose, `reservation-scope.ts` says. Guards every way to a `Reservation`. */
export const readReservations: Policy = {
  name: 'read-reservations',
  decide: (viewer) => (reservationScope(viewer).kind === 'none' ? deny('no reservation is in scope') : allow),
}
