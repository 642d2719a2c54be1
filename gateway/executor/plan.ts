/**
 * What the executor runs: the plans of either planner in one form. A step is a call, or steps in order,
 * or steps side by side, or steps under a Boolean variable.
 */
export type PlanStep =
  | { readonly kind: 'sequence'; readonly steps: readonly PlanStep[] }
  | { readonly kind: 'parallel'; readonly steps: readonly PlanStep[] }
  | {
      readonly kind: 'condition'
      readonly variable: string
      readonly whenTrue: PlanStep | undefined
      readonly whenFalse: PlanStep | undefined
    }
  | PlanCall

export type PlanCall = {
  readonly kind: 'call'
  readonly service: string
  /** The document sent to the subgraph. */
  readonly text: string
  readonly operation: 'query' | 'mutation'
  readonly operationName: string | undefined
  /** Names of the client's variables the text uses. */
  readonly variables: readonly string[]
  /** Empty for a call on root fields. */
  readonly lookups: readonly PlanLookup[]
  /** Where the root fields' data goes; empty is the root of the answer. Unused when there are lookups. */
  readonly rootPath: DataPath
  readonly rootRewrites: readonly Rewrite[]
}

/** One `_entities` field of a call: what is looked up and every place its answers go to. */
export type PlanLookup = {
  /** Response key of the `_entities` field. */
  readonly key: string
  readonly variable: string
  readonly paths: readonly DataPath[]
  readonly requires: readonly RequiredSelection[]
  readonly inputRewrites: readonly Rewrite[]
  readonly outputRewrites: readonly Rewrite[]
}

/** `types` passes objects of these types (or their subtypes) only; `list` steps into every element. */
export type DataPathStep =
  | { readonly kind: 'key'; readonly name: string }
  | { readonly kind: 'list' }
  | { readonly kind: 'types'; readonly names: readonly string[] }

export type DataPath = readonly DataPathStep[]

export type RequiredSelection =
  | {
      readonly kind: 'field'
      /** Key in the merged data. */
      readonly from: string
      /** Key in the representation. */
      readonly to: string
      readonly selections: readonly RequiredSelection[] | undefined
    }
  | {
      readonly kind: 'fragment'
      readonly on: string | undefined
      readonly selections: readonly RequiredSelection[]
      /** Boolean variables the fragment hangs on. */
      readonly skipIf?: string | undefined
      readonly includeIf?: string | undefined
    }

export type Rewrite =
  | { readonly kind: 'set'; readonly path: DataPath; readonly key: string; readonly value: unknown }
  | { readonly kind: 'rename'; readonly path: DataPath; readonly key: string; readonly to: string }
