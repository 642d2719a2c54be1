import type { Renew, RenewedFields } from './executor/plan.ts'

/**
 * How an answer can be given again without asking for it: it says itself whether it is still what the subgraph would answer, so
 * whatever is made of answers alone can be given again while all of them are.
 */
export type Lasting = {
  /** Objects of the answer's data of which some fields tell moments and ages. All else in it stands still. */
  readonly renewed: ReadonlyMap<object, RenewedFields>
  /**
   * @param call that would be made now, by a viewer of the same class; what it reads is had without waiting
   * @returns undefined once another answer is due
   */
  again(call: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal }): Renew | undefined
}
