import type { Viewer } from '../platform/identity/viewer.ts'

/** The reason is for logs and tests; a client sees `FORBIDDEN` only. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string }

export const allow: Decision = Object.freeze({ allowed: true })
export const deny = (reason: string): Decision => ({ allowed: false, reason })

/**
 * One rule on who may do what, from the viewer alone: the gateway decides it before any subgraph is called, and the subgraph
 * again (`@policy` in the SDL names it). `decide` is pure, never throws, and denies unless it says otherwise. Rules on
 * rows are the `*-scope.ts` files.
 */
export type Policy = {
  /** The file's name, and the name `@policy` uses. */
  readonly name: string
  decide(viewer: Viewer): Decision
}
