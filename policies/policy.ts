import type { Viewer } from '../platform/identity/viewer.ts'

/** The reason is for logs and tests; a client sees `FORBIDDEN` only. */
export type Decision = { readonly allowed: true } | { readonly allowed: false; readonly reason: string }

export const allow: Decision = Object.freeze({ allowed: true })
export const deny = (reason: string): Decision => ({ allowed: false, reason })

/**
 * One rule on who may do what. `decide` is pure, never throws, and denies unless it says otherwise.
 * With `Resource` undefined it needs the viewer alone, so the gateway decides it before any subgraph is called
 * (`@policy` in the SDL names it); with a resource the subgraph that has the row decides.
 */
export type Policy<Resource = undefined> = {
  /** The file's name, and the name `@policy` uses. */
  readonly name: string
  decide(viewer: Viewer, resource: Resource): Decision
}
