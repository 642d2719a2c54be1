import { BREAK, type DocumentNode, visit } from 'graphql'

/** @returns whether any operation or fragment asks what the schema is; `__typename` does not count. */
export function asksForSchema(document: DocumentNode): boolean {
  let asks = false
  visit(document, {
    Field({ name }) {
      if (name.value !== '__schema' && name.value !== '__type') return undefined
      asks = true
      return BREAK
    },
  })
  return asks
}
