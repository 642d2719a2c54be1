import { allow, deny, type Policy } from './policy.ts'

/**
 * That units are committed elsewhere or have left is told by the systems that count them, nobody else. Guards
 * `Mutation.allocateReservation` and `Mutation.consumeReservation`.
 */
export const settleReservations: Policy = {
  name: 'settle-reservations',
  decide: (viewer) => (viewer.kind === 'service' ? allow : deny('settling is for systems that count the stock')),
}
