import type { DocumentNode } from 'graphql'
import type { PlanStep } from './plan.ts'

/** Turns an operation into subgraph calls. The one seam between the executor and a kept planner. */
export type Planner = {
  readonly name: string
  /**
   * @param document one operation, valid against the API schema, without named fragments, introspection fields
   * or literal @skip/@include
   * @returns undefined when nothing is to be fetched
   * @throws Error when the graph cannot answer the operation
   */
  plan(document: DocumentNode): PlanStep | undefined
}
