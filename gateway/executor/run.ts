import type { Lasting } from '../../platform/subgraph/lasting.ts'
import type { ClientError } from './client-error.ts'
import type { DataObject } from './data.ts'
import type { KeptEntities } from './keepable.ts'

/** One execution: what came with the request and what has been gathered so far. */
export type Run = {
  /** Coerced, the client's names. */
  readonly variables: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  /** Absent: every lookup asks its subgraph, and nothing is kept of the answers. */
  readonly kept: KeptEntities | undefined
  readonly data: DataObject
  readonly errors: ClientError[]
  /** Objects by the name of their place, see `Place`. */
  readonly found: Map<string, readonly DataObject[]>
  /** Objects and lists that stand in several places; undefined: none does. */
  shared: Set<object> | undefined
  /** Of all answers so far; undefined: one of them is not lasting, or nobody keeps what is made of them. */
  lasting: Lasting[] | undefined
}

export const beginRun = (
  { variables, headers, signal, kept }: Pick<Run, 'variables' | 'headers' | 'signal'> & Partial<Pick<Run, 'kept'>>,
  lasting?: Lasting[],
): Run => ({
  variables,
  headers,
  signal,
  kept,
  data: {},
  errors: [],
  found: new Map(),
  shared: undefined,
  lasting,
})

/** @returns what now stands in several places */
export const share = <T extends object>(run: Run, value: T): T => {
  run.shared ??= new Set()
  run.shared.add(value)
  return value
}

/** What is made of an answer that is not lasting is not either. */
export const noteLasting = (run: Run, lasting: Lasting | undefined): void => {
  if (lasting === undefined) run.lasting = undefined
  else run.lasting?.push(lasting)
}

/** A compiled part of a plan. Undefined: done already, nothing to wait for. Never rejects. */
export type Step = (run: Run) => Promise<void> | undefined
