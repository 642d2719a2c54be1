import type { GraphQLResolveInfo } from 'graphql'
import type { Rests } from '../cache/rests.ts'
import type { SourceHandler } from '../connector/connector.ts'
import type { Process, Projection } from '../event-log/projection.ts'
import type { Viewer } from '../identity/viewer.ts'
import type { Keeping } from './keeping.ts'

export const subgraphNames = ['inventory', 'orders', 'products', 'customers', 'finance'] as const
export type SubgraphName = (typeof subgraphNames)[number]

/** What a subgraph knows of the call it answers. */
export type SubgraphCall = {
  readonly viewer: Viewer
  readonly correlationId: string
  /** Made when it is first asked for. */
  readonly signal: () => AbortSignal
  /** The moment the call began; every age in the answer is counted from it. */
  readonly now: Date
  /** Present: the answer may be given again, so what it rests on is noted. */
  readonly rests?: Rests | undefined
}

/**
 * Resolvers as `@apollo/subgraph` takes them; the generated types check each subgraph's own. Only those that declare a fourth
 * parameter are given `info`.
 */
export type ResolverMap = Readonly<Record<string, unknown>>

export type AnyResolver = (parent: unknown, args: unknown, context: unknown, info: GraphQLResolveInfo) => unknown

/** Work that comes round: what it does once, however many processes do it, is done. */
export type Task = {
  readonly name: string
  /** Between the end of one turn and the next. */
  readonly everyMs: number
  /** @returns how much there was to do; more than none: the next turn comes at once */
  run(): Promise<number>
}

/** Numbers of its rows that operators watch. */
export type Figures = {
  /** What each means, by its name: snake case with its unit, as metrics are named. */
  readonly help: Readonly<Record<string, string>>
  /** By name, of a figure that is a list of numbers: what tells them apart, each of few values. */
  readonly labels?: Readonly<Record<string, readonly string[]>>
  /** All as of one moment, by name; cheap enough to be asked every few seconds. */
  read(): Promise<Readonly<Record<string, Figure>>>
}

export type Figure = number | readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[]

/** One part of the retail graph over its system of record. All five have this shape. */
export type Subgraph = {
  readonly name: SubgraphName
  /** The SDL of `schema/<name>.graphql` with `schema/shared.graphql`. */
  readonly typeDefs: string
  readonly resolvers: ResolverMap
  /** Built once per call: batch loaders bound to one request, and the call itself. */
  createContext(call: SubgraphCall): object
  /** Absent: every call is answered anew. */
  readonly keeping?: Keeping
  readonly projections: readonly Projection[]
  /** Absent: it decides nothing by itself. */
  readonly processes?: readonly Process[]
  /** Absent: nothing comes round. */
  readonly tasks?: readonly Task[]
  /** Absent: there is nothing to watch but its consumers. */
  readonly figures?: Figures
  /** Which source documents it turns into events. */
  readonly sources: readonly SourceHandler[]
  /** Absolute folder of forward-only `.sql` files, run in name order in the subgraph's own SQL schema. */
  readonly migrations: string
}
