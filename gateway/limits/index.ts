import type { DocumentNode } from 'graphql'
import type { Limit, LimitViolation } from './limit.ts'
import { maxAliases } from './max-aliases.ts'
import { maxDepth } from './max-depth.ts'
import { maxDirectives } from './max-directives.ts'
import { maxOperations } from './max-operations.ts'
import { maxRecursiveSelections } from './max-recursive-selections.ts'
import { maxRootFields } from './max-root-fields.ts'
import { maxValueDepth } from './max-value-depth.ts'

/** Allowed values; each is counted by the limit of the same name, tokens and nesting before there is a document. */
export type QueryLimits = {
  readonly maxTokens: number
  readonly maxNesting: number
  readonly maxOperations: number
  readonly maxRecursiveSelections: number
  readonly maxDepth: number
  readonly maxRootFields: number
  readonly maxAliases: number
  readonly maxDirectives: number
  readonly maxValueDepth: number
}

/** These refuse every attack family of docs/threats.md and no query of the public federation audit. */
export const defaultQueryLimits: QueryLimits = {
  maxTokens: 2_000,
  maxNesting: 60,
  maxOperations: 5,
  maxRecursiveSelections: 10_000,
  maxDepth: 12,
  maxRootFields: 20,
  maxAliases: 30,
  maxDirectives: 50,
  maxValueDepth: 16,
}

/** Every limit, cheapest first, so that a bomb is refused by the first that sees it. */
const limits: readonly (Limit & { readonly name: keyof QueryLimits })[] = Object.freeze([
  named('maxOperations', maxOperations),
  named('maxRecursiveSelections', maxRecursiveSelections),
  named('maxDepth', maxDepth),
  named('maxRootFields', maxRootFields),
  named('maxAliases', maxAliases),
  named('maxDirectives', maxDirectives),
  named('maxValueDepth', maxValueDepth),
])

/** @returns the first limit the document exceeds, or null. */
export function findLimitViolation(document: DocumentNode, allowed: QueryLimits): LimitViolation | null {
  for (const limit of limits) {
    const value = limit.measure(document)
    const max = allowed[limit.name]
    if (value > max) return { limit: limit.name, counts: limit.counts, allowed: max, value }
  }
  return null
}

function named<Name extends keyof QueryLimits>(name: Name, limit: Limit): Limit & { readonly name: Name } {
  return { ...limit, name }
}
