import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SourceLocation,
  specifiedRules,
  validate,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { AppError, type ErrorCode, isErrorCode } from '../platform/errors/app-error.ts'
import { formatGraphQLError } from '../platform/errors/graphql-error.ts'
import { truncate } from '../platform/errors/problem.ts'
import { describeValue } from '../platform/parse.ts'
import { noDeferAtRoot } from './defer/no-defer-at-root.ts'
import { noDeferInSubscription } from './defer/no-defer-in-subscription.ts'
import { uniqueDeferLabels } from './defer/unique-defer-labels.ts'
import { findLimitViolation, type QueryLimits } from './limits/index.ts'
import { asksForSchema } from './limits/introspection.ts'
import type { LimitViolation } from './limits/limit.ts'
import { scanDocument } from './limits/scan-document.ts'

/** One operation of a valid document. The same object for the same text and name as long as the cache keeps it. */
export type Operation = {
  readonly text: string
  /** Without locations: they would make up most of its memory. */
  readonly document: DocumentNode
  readonly node: OperationDefinitionNode
  readonly name: string | undefined
  readonly kind: 'query' | 'mutation' | 'subscription'
  /** Asks for `__schema` or `__type`. Then the object belongs to one schema; else all schemas share it. */
  readonly introspects: boolean
}

/** Why a document was refused; plain data, so that keeping it keeps nothing of the document alive. */
export type DocumentError = {
  readonly code: ErrorCode
  readonly message: string
  readonly locations?: readonly SourceLocation[]
  readonly details?: Readonly<Record<string, unknown>>
}

export type FoundOperation =
  | { readonly kind: 'found'; readonly operation: Operation }
  /** Never empty. */
  | { readonly kind: 'refused'; readonly errors: readonly DocumentError[] }

export type OperationStore = {
  /**
   * @param schema the one of the version asked; must be one of few that live as long as the store
   * @throws AppError `BAD_REQUEST` when the document has no operation of that name, or several and none is named
   */
  find(text: string, operationName: string | undefined, schema: GraphQLSchema): FoundOperation
  /** What was found and is still known, the latest first. */
  latest(): Iterable<LatestOperation>
}

export type LatestOperation = {
  readonly text: string
  readonly operationName: string | undefined
  /** The one it was asked of. */
  readonly schema: GraphQLSchema
}

const rules = Object.freeze([...specifiedRules, uniqueDeferLabels, noDeferAtRoot, noDeferInSubscription])

type ByName = ReadonlyMap<string | undefined, Operation>
type Known = { readonly operations: ByName; readonly validFor: Map<GraphQLSchema, ByName> }
type Refused = { readonly kind: 'refused'; readonly errors: readonly DocumentError[] }

/**
 * An operation that was planned and compiled holds 115 to 260 bytes for each character of its text (bench/peers' queries),
 * so a flood of unique documents can make the process hold some 0.5 to 1 GB and no more.
 */
const bounds = { maxDocuments: 5_000, maxChars: 4_000_000, maxRefused: 1_000, maxRefusedChars: 2_000_000 }

/** Of graphql-js. */
const maxFieldComparisons = 500_000

/** A hostile document can hold thousands of mistakes; the first few tell what to mend. */
const maxErrors = 20

/**
 * Parses, bounds and validates each document once, and remembers the outcome: valid ones, and apart from them refused
 * ones, so that a flood of bad documents pushes out no good one. The least recently used is dropped first.
 */
export function createOperationStore({ limits }: { readonly limits: QueryLimits }): OperationStore {
  const known = new LRUCache<string, Known>({
    max: bounds.maxDocuments,
    maxSize: bounds.maxChars,
    sizeCalculation: (_, text) => text.length + 1,
  })
  const refused = new LRUCache<string, Map<GraphQLSchema, Refused>>({
    max: bounds.maxRefused,
    maxSize: bounds.maxRefusedChars,
    sizeCalculation: (_, text) => text.length + 1,
  })

  function refuse(text: string, schema: GraphQLSchema, errors: readonly DocumentError[]): Refused {
    const outcome: Refused = { kind: 'refused', errors }
    const outcomes = refused.get(text) ?? new Map<GraphQLSchema, Refused>()
    outcomes.set(schema, outcome)
    refused.set(text, outcomes)
    return outcome
  }

  function admit(text: string, schema: GraphQLSchema): ByName | Refused {
    const before = refused.get(text)?.get(schema)
    if (before !== undefined) return before
    const document = parseWithin(text, limits)
    if ('code' in document) return refuse(text, schema, [document])
    const violation = findLimitViolation(document, limits)
    if (violation !== null) return refuse(text, schema, [tooComplex(violation)])
    const errors = [
      ...findRootless(document, schema),
      ...validate(schema, document, rules, { maxErrors, hideSuggestions: true }),
    ]
    if (errors.length > 0) return refuse(text, schema, errors.slice(0, maxErrors).map(toInvalid))
    const operations = known.get(text)?.operations ?? listOperations(text)
    const own = [...operations.values()].some(({ introspects }) => introspects) ? copies(operations) : operations
    const entry = known.get(text) ?? { operations, validFor: new Map<GraphQLSchema, ByName>() }
    entry.validFor.set(schema, own)
    known.set(text, entry)
    return own
  }

  return {
    find(text, operationName, schema) {
      const operations = known.get(text)?.validFor.get(schema) ?? admit(text, schema)
      if ('kind' in operations) return operations
      return { kind: 'found', operation: choose(operations, operationName) }
    },
    *latest() {
      for (const [text, { validFor }] of known.entries()) {
        for (const [schema, operations] of validFor) {
          for (const operationName of operations.keys()) yield { text, operationName, schema }
        }
      }
    },
  }
}

/** Tokens and brackets are counted before parsing, which takes a step on the stack for each bracket. */
function parseWithin(text: string, { maxTokens, maxNesting }: QueryLimits): DocumentNode | DocumentError {
  const { tokens, nesting } = scanDocument(text)
  if (tokens > maxTokens) return tooComplex({ limit: 'maxTokens', counts: 'tokens', allowed: maxTokens, value: tokens })
  if (nesting > maxNesting) {
    return tooComplex({ limit: 'maxNesting', counts: 'brackets open at once', allowed: maxNesting, value: nesting })
  }
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    return { code: 'GRAPHQL_PARSE_FAILED', message: truncate(error.message), ...placeOf(error) }
  }
}

/** Operations of a kind that the schema has not: validation passes over what it cannot look up. */
function findRootless(document: DocumentNode, schema: GraphQLSchema): readonly GraphQLError[] {
  return document.definitions.flatMap((node) =>
    node.kind === Kind.OPERATION_DEFINITION && !schema.getRootType(node.operation)
      ? [new GraphQLError(`The schema has no ${node.operation} type.`, { nodes: node })]
      : [],
  )
}

function toInvalid(error: GraphQLError): DocumentError {
  // graphql-js gives up comparing fields that share a name after a fixed number of steps.
  if (error.message === 'Validation aborted.') {
    return {
      code: 'QUERY_TOO_COMPLEX',
      message: 'Cannot run the document: too many of its fields share a name and have to be compared',
      details: { limit: 'fieldComparisons', allowed: maxFieldComparisons, value: `more than ${maxFieldComparisons}` },
    }
  }
  if (error.originalError == null) {
    return { code: 'GRAPHQL_VALIDATION_FAILED', message: truncate(error.message), ...placeOf(error) }
  }
  const { message, extensions } = formatGraphQLError(error, { correlationId: 'none', onInternal() {} })
  const { code, details } = extensions ?? {}
  return {
    code: isErrorCode(code) ? code : 'GRAPHQL_VALIDATION_FAILED',
    message,
    ...placeOf(error),
    ...(isRecord(details) ? { details } : {}),
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

function placeOf({ locations }: GraphQLError): { readonly locations?: readonly SourceLocation[] } {
  return locations === undefined ? {} : { locations: locations.slice(0, 5) }
}

function tooComplex({ limit, counts, allowed, value }: LimitViolation): DocumentError {
  return {
    code: 'QUERY_TOO_COMPLEX',
    message: `Cannot run the document: it has ${value} ${counts}, allowed is ${allowed}`,
    details: { limit, allowed, value },
  }
}

function listOperations(text: string): ByName {
  const document = parse(text, { noLocation: true })
  const introspects = asksForSchema(document)
  const operations = new Map<string | undefined, Operation>()
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue
    const name = node.name?.value
    operations.set(name, { text, document, node, name, kind: node.operation, introspects })
  }
  return operations
}

function copies(operations: ByName): ByName {
  return new Map([...operations].map(([name, operation]) => [name, { ...operation }]))
}

function choose(operations: ByName, name: string | undefined): Operation {
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
