import { visit } from 'graphql'
import type { Limit } from './limit.ts'

/** Aliases written in the document, those of `__typename` included. */
export const maxAliases: Limit = {
  name: 'maxAliases',
  counts: 'aliases',
  measure(document) {
    let count = 0
    visit(document, {
      Field(field) {
        if (field.alias !== undefined) count += 1
      },
    })
    return count
  },
}
