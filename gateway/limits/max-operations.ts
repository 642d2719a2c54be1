import { Kind } from 'graphql'
import type { Limit } from './limit.ts'

/** Operations in one document; one of them runs. */
export const maxOperations: Limit = {
  name: 'maxOperations',
  counts: 'operations in a document',
  measure: (document) =>
    document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION).length,
}
