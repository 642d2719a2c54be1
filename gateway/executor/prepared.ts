import type { ClientError } from './client-error.ts'
import type { DataObject } from './data.ts'
import type { KeptEntities } from './keepable.ts'
import type { ResponsePath } from './places.ts'
import type { Weights } from './weights.ts'

export type ExecutorLimits = {
  /** At most so many errors are told of one subgraph call; the rest of its fields are null all the same. */
  readonly maxErrorsPerCall: number
  /** How many combinations of an operation's @skip/@include variables keep their compiled answer writers. */
  readonly maxVariants: number
}

export type ExecuteRequest = {
  /** Coerced by the operation's definitions, defaults filled in. */
  readonly variables: Readonly<Record<string, unknown>>
  /** Sent to every subgraph; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** Aborts at the request's deadline or when the client is gone. */
  readonly signal: AbortSignal
  /** What this request may use, and add to, of what is kept between requests. Mutations are not given any. */
  readonly kept?: KeptEntities | undefined
}

export type DataAnswer = { readonly data: DataObject | null; readonly errors: readonly ClientError[] }
/** `text`: the data as JSON. `weigh`: as if that were read; absent, or undefined, where only reading it tells. */
export type TextAnswer = {
  readonly text: string
  readonly errors: readonly ClientError[]
  readonly weigh?: ((weights: Weights) => number | undefined) | undefined
}

/** What a deferred fragment adds to one object. `data` is null when a null inside it went all the way up. */
export type DeferredAnswer = DataAnswer & { readonly path: ResponsePath; readonly label: string | undefined }

/** Takes the parts of an answer when they are ready: first one `initial`, then `later` ones up to the last. */
export type TakeParts = {
  initial(answer: DataAnswer): void
  /** @returns false when nobody takes more */
  later(answers: readonly DeferredAnswer[], isLast: boolean): boolean
}

export type RunInParts = (request: ExecuteRequest, take: TakeParts) => Promise<DataAnswer>

/** An operation planned and compiled for one supergraph: keep it, run it as often as wanted, side by side too. */
export type PreparedOperation = {
  readonly kind: 'query' | 'mutation'
  readonly name: string | undefined
  run(request: ExecuteRequest): Promise<DataAnswer>
  runToText(request: ExecuteRequest): Promise<TextAnswer>
  /**
   * As `run`, with the same answer at the end; meanwhile what is deferred comes apart from what is not. Tells no part
   * when these variables defer nothing, or nothing is there to add to. null: it has no `@defer`.
   */
  readonly runInParts: RunInParts | null
}
