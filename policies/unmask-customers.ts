import { allow, deny, type Policy } from './policy.ts'

/** Contact data in clear is for the service desk, for a stated reason that is audited. Guards `Mutation.unmaskCustomer`. */
export const unmaskCustomers: Policy = {
  name: 'unmask-customers',
  decide: (viewer) =>
    viewer.kind === 'staff' && viewer.roles.includes('service-desk')
      ? allow
      : deny('unmasking is for the service desk'),
}

const reasonLengths = { least: 10, most: 500 }

/** Whether a reason says something: one of a word or two explains nothing. */
export function isUnmaskReason(reason: string): boolean {
  const { length } = reason.trim()
  return length >= reasonLengths.least && length <= reasonLengths.most
}
