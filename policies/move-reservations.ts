import { allow, deny, type Policy } from './policy.ts'

/** From where units are taken is for those who see the shelves and serve any owner. Guards `Mutation.moveReservation`. */
export const moveReservations: Policy = {
  name: 'move-reservations',
  decide(viewer) {
    if (viewer.kind === 'service') return allow
    return viewer.kind === 'staff' && viewer.roles.includes('service-desk')
      ? allow
      : deny('moving reservations is for the service desk')
  },
}
