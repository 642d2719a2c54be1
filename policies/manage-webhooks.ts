import { allow, deny, type Policy } from './policy.ts'

/**
 * Webhooks are for partners and for systems that follow orders by them, each their own. Guards every field of `Query` and `Mutation`
 * about webhooks; what one may be told is decided as for any subscription.
 */
export const manageWebhooks: Policy = {
  name: 'manage-webhooks',
  decide: ({ kind }) =>
    kind === 'partner' || kind === 'service' ? allow : deny('webhooks are for partners and systems'),
}
