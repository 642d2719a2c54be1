import { type DocumentNode, type GraphQLError, type GraphQLSchema, parse, validate } from 'graphql'
import { LRUCache } from 'lru-cache'
import { type CompiledOperation, compileOperation } from './executor/compile-operation.ts'
import type { KeepableFields } from './executor/keepable-fields.ts'

export type ReadDocument =
  /** `operation`: compiled when it is first asked for; undefined names the only one. */
  | { readonly kind: 'valid'; operation(name: string | undefined): CompiledOperation }
  /** Never empty. */
  | { readonly kind: 'invalid'; readonly errors: readonly GraphQLError[] }

export type DocumentCache = {
  /** @throws GraphQLError when the text is no GraphQL document */
  read(text: string): ReadDocument
}

/**
 * Parses, validates and compiles each document once. Only valid documents are kept, the least recently used dropped first,
 * so a flood of unique texts costs time but no memory.
 * @param bounds `maxDocuments` at most, and `maxChars` of their texts together
 */
export function createDocumentCache(
  schema: GraphQLSchema,
  bounds: { readonly maxDocuments: number; readonly maxChars: number },
  keepable?: KeepableFields,
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
      const valid: ReadDocument = { kind: 'valid', operation: compiledIn(schema, document, keepable) }
      known.set(text, valid)
      return valid
    },
  }
}

function compiledIn(
  schema: GraphQLSchema,
  document: DocumentNode,
  keepable: KeepableFields | undefined,
): (name: string | undefined) => CompiledOperation {
  const compiled = new Map<string | undefined, CompiledOperation>()
  return (name) => {
    const known = compiled.get(name)
    if (known !== undefined) return known
    const made = compileOperation(schema, document, name, keepable)
    // Of names that no operation has there is no end.
    if (compiled.size < document.definitions.length) compiled.set(name, made)
    return made
  }
}
