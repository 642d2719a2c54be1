import type { FieldNode, GraphQLObjectType, GraphQLResolveInfo, ResponsePath } from 'graphql'
import type { MaybePromise } from '../../maybe-promise.ts'
import type { Run } from './run.ts'

/** One field of one runtime type, compiled. */
export type FieldPlan = {
  /** Its name in the answer. */
  readonly key: string
  /** Throws where an error must reach the parent. */
  execute(run: Run, source: unknown, parentPath: ResponsePath | undefined): unknown
}

/** The selections on one runtime type, in the order they are answered. */
export type ObjectPlan = {
  readonly fields: readonly FieldPlan[]
  /** Whether a key of it would be taken for an object's prototype. */
  readonly hasProto: boolean
}

/** Turns what a resolver gave into what is answered; throws what is wrong with it. */
export type Complete = (run: Run, value: unknown, path: ResponsePath) => MaybePromise<unknown>

/** What a resolver is told of the field whose value, or an item of it, has this path. Made only where it is asked for. */
export type InfoOf = (run: Run, path: ResponsePath) => GraphQLResolveInfo

/** Compiles what is selected under a field when its type turns out to be `type`. */
export type CompileSelections = (type: GraphQLObjectType, nodes: readonly FieldNode[]) => ObjectPlan
