import { allow, deny, type Policy } from './policy.ts'
import { seesUnpublished } from './product-scope.ts'

/** Whether a viewer sees every product and variant, or those that are for everyone. Decides who shares what the gateway keeps of them. */
export const readUnpublishedProducts: Policy = {
  name: 'read-unpublished-products',
  decide: (viewer) => (seesUnpublished(viewer) ? allow : deny('only what is for everyone')),
}
