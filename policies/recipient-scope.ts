import type { Viewer } from '../platform/identity/viewer.ts'
import { customerScope } from './customer-scope.ts'

export type RecipientFacts = {
  /** When the last parcel arrived; null while any is on its way or none was sent. */
  readonly deliveredAt: Date | null
  readonly now: Date
}

/** How long after delivery a partner may still have to reach the recipient. */
export const partnerRecipientDays = 30

/**
 * How much a viewer sees of whom an order of theirs goes to. A partner must reach the recipient while the order is on its way and
 * a while after; others see as much as of any customer.
 */
export function recipientContact(viewer: Viewer, { deliveredAt, now }: RecipientFacts): 'clear' | 'masked' | 'hidden' {
  if (viewer.kind !== 'partner') return customerScope(viewer).contact
  if (deliveredAt === null) return 'clear'
  return now.getTime() - deliveredAt.getTime() <= partnerRecipientDays * 86_400_000 ? 'clear' : 'hidden'
}
