import {
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { AppError } from '../platform/errors/app-error.ts'
import { describeValue } from '../platform/parse.ts'

/** One operation of a valid document. The same object for the same text and name as long as the cache keeps it. */
export type Operation = {
  readonly text: string
  readonly document: DocumentNode
  readonly node: OperationDefinitionNode
  readonly name: string | undefined
  readonly kind: 'query' | 'mutation' | 'subscription'
}

export type FoundOperation =
  | { readonly kind: 'found'; readonly operation: Operation }
  /** Never empty. */
  | { readonly kind: 'invalid'; readonly errors: readonly GraphQLError[] }

export type OperationStore = {
  /**
   * @throws GraphQLError when the text is no GraphQL document
   * @throws AppError `BAD_REQUEST` when the document has no operation of that name, or several and none is named
   */
  find(text: string, operationName: string | undefined): FoundOperation
}

export type OperationStoreDeps = {
  readonly schema: GraphQLSchema
  /** Refuses by throwing an AppError; runs before validation, which can be dear on a hostile document. */
  readonly checkDocument?: ((document: DocumentNode) => void) | undefined
  /** Longest document, in lexed tokens. */
  readonly maxTokens?: number | undefined
}

const bounds = { maxDocuments: 5_000, maxChars: 20_000_000 }

/** Parses and validates each document once; keeps valid ones only, the least recently used dropped first. */
export function createOperationStore(deps: OperationStoreDeps): OperationStore {
  const known = new LRUCache<string, ReadonlyMap<string | undefined, Operation>>({
    max: bounds.maxDocuments,
    maxSize: bounds.maxChars,
    sizeCalculation: (_, text) => text.length + 1,
  })
  return {
    find(text, operationName) {
      let operations = known.get(text)
      if (operations === undefined) {
        const document = parse(text, deps.maxTokens === undefined ? {} : { maxTokens: deps.maxTokens })
        deps.checkDocument?.(document)
        const errors = validate(deps.schema, document)
        if (errors.length > 0) return { kind: 'invalid', errors }
        operations = listOperations(text, document)
        known.set(text, operations)
      }
      return { kind: 'found', operation: choose(operations, operationName) }
    },
  }
}

function listOperations(text: string, document: DocumentNode): ReadonlyMap<string | undefined, Operation> {
  const operations = new Map<string | undefined, Operation>()
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue
    const name = node.name?.value
    operations.set(name, { text, document, node, name, kind: node.operation })
  }
  return operations
}

function choose(operations: ReadonlyMap<string | undefined, Operation>, name: string | undefined): Operation {
  const chosen = name === undefined && operations.size === 1 ? operations.values().next().value : operations.get(name)
  if (chosen !== undefined) return chosen
  const allowed = [...operations.keys()].slice(0, 5).join(', ')
  if (operations.size === 0) {
    throw new AppError('BAD_REQUEST', 'Cannot run the document: it has fragments only and no operation')
  }
  throw new AppError(
    'BAD_REQUEST',
    name === undefined
      ? `Cannot choose an operation: the document has ${operations.size} and operationName is missing, allowed is ${allowed}`
      : `Cannot choose an operation: the document has none named ${describeValue(name)}, allowed is ${allowed || 'none'}`,
  )
}
