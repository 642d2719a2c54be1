import { visit } from 'graphql'
import type { Limit } from './limit.ts'

/** Directives written in the document. */
export const maxDirectives: Limit = {
  name: 'maxDirectives',
  counts: 'directives',
  measure(document) {
    let count = 0
    visit(document, {
      Directive() {
        count += 1
      },
    })
    return count
  },
}
