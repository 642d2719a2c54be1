import { type DocumentNode, type GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import { LRUCache } from 'lru-cache'

export type ReadDocument =
  | { readonly kind: 'valid'; readonly document: DocumentNode }
  /** Never empty. */
  | { readonly kind: 'invalid'; readonly errors: readonly GraphQLError[] }

export type DocumentCache = {
  /** @throws GraphQLError when the text is no GraphQL document */
  read(text: string): ReadDocument
}

/**
 * Parses and validates each document once. Only valid documents are kept, the least recently used dropped first,
 * so a flood of unique texts costs time but no memory.
 * @param bounds `maxDocuments` at most, and `maxChars` of their texts together
 */
export function createDocumentCache(
  schema: GraphQLSchema,
  bounds: { readonly maxDocuments: number; readonly maxChars: number },
): DocumentCache {
  const known = new LRUCache<string, ReadDocument>({
    max: bounds.maxDocuments,
    maxSize: bounds.maxChars,
    sizeCalculation: (_, text) => text.length + 1,
  })
  return {
    read(text) {
      const hit = known.get(text)
      if (hit !== undefined) return hit
      const document = parse(text)
      const errors = validate(schema, document)
      if (errors.length > 0) return { kind: 'invalid', errors }
      const valid: ReadDocument = { kind: 'valid', document }
      known.set(text, valid)
      return valid
    },
  }
}
