import { allow, deny, type Policy } from './policy.ts'

/** Webhooks are for partners, each their own. Guards every field of `Query` and `Mutation` about webhooks. */
export const manageWebhooks: Policy = {
  name: 'manage-webhooks',
  decide: (viewer) => (viewer.kind === 'partner' ? allow : deny('webhooks are for partners')),
}
