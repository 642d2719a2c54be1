import { allow, deny, type Policy } from './policy.ts'

/** Contact data in clear, for a stated reason that is audited. A reason of a word or two explains nothing. */
export const unmaskCustomer: Policy<{ readonly reason: string }> = {
  name: 'unmask-customer',
  decide(viewer, { reason }) {
    if (viewer.kind !== 'staff' || !viewer.roles.includes('service-desk'))
      return deny('unmasking is for the service desk')
    return reason.trim().length >= 10 ? allow : deny('a reason of at least 10 characters is required')
  },
}
