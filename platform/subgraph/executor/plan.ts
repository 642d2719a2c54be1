import type { FieldNode, GraphQLObjectType, GraphQLResolveInfo, ResponsePath } from 'graphql'
import type { Rests } from '../../cache/rests.ts'
import type { MaybePromise } from '../../maybe-promise.ts'
import type { CollectedErrors } from './collected-errors.ts'

/** Fields of an object that are asked anew each time, and what they are resolved from. */
export type RenewedFields = { readonly fields: readonly FieldPlan[]; readonly source: unknown }

/** By the object of the answer. */
export type Renewed = Map<object, RenewedFields>

/**
 * Asks one of them anew.
 * @returns undefined where it fails, or is not there at once
 */
export type Renew = (field: FieldPlan, source: unknown) => unknown

/** One execution of a compiled operation. */
export type Run = {
  readonly contextValue: unknown
  /** Coerced. */
  readonly variables: { readonly [name: string]: unknown }
  readonly errors: CollectedErrors
  /** Arguments that hold variables, by the slot of their field: the same for every object of a list. */
  readonly argumentsBySlot: { [argument: string]: unknown }[]
  /** Notes what it takes to give the answer again; undefined: it will not be. */
  readonly keeping: { readonly rests: Rests; readonly renewed: Renewed } | undefined
}

/** One field of one runtime type, compiled. */
export type FieldPlan = {
  /** Its name in the answer. */
  readonly key: string
  /** Whether it is asked anew when an answer is given again. */
  readonly isRenewed: boolean
  /** Throws where an error must reach the parent. */
  execute(run: Run, source: unknown, parentPath: ResponsePath | undefined): unknown
}

/** The selections on one runtime type, in the order they are answered. */
export type ObjectPlan = {
  readonly fields: readonly FieldPlan[]
  /** Whether a key of it would be taken for an object's prototype. */
  readonly hasProto: boolean
  /** Those of the fields that are asked anew. */
  readonly renewed: readonly FieldPlan[]
}

/** Turns what a resolver gave into what is answered; throws what is wrong with it. */
export type Complete = (run: Run, value: unknown, path: ResponsePath) => MaybePromise<unknown>

/** What a resolver is told of the field whose value, or an item of it, has this path. Made only where it is asked for. */
export type InfoOf = (run: Run, path: ResponsePath) => GraphQLResolveInfo

/** Compiles what is selected under a field when its type turns out to be `type`. */
export type CompileSelections = (type: GraphQLObjectType, nodes: readonly FieldNode[]) => ObjectPlan
