import type { DocumentNode } from 'graphql'

/** One bound on what a document may ask, counted on its text before it is validated or planned. */
export type Limit = {
  /** As clients see it in the refusal: `maxDepth`. */
  readonly name: string
  /** What is counted, for the refusal's sentence: `levels of fields`. */
  readonly counts: string
  /** Counts in time linear in the document, whatever it expands to; never throws on an invalid document. */
  measure(document: DocumentNode): number
}

export type LimitViolation = {
  readonly limit: string
  readonly counts: string
  readonly allowed: number
  readonly value: number
}
