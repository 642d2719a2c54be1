import type { DataObject } from './data.ts'
import type { KeepableLookup, KeptAnswers } from './keepable.ts'
import type { Run } from './run.ts'
import { noTargets, type Targets } from './targets.ts'

/** What of one lookup need not be asked in one run, and where what is asked may be kept. */
export type Kept = {
  readonly answers: KeptAnswers
  readonly typeName: string
  /** Where what need not be asked goes. */
  readonly targets: Targets
  /** By slot of `targets`. */
  readonly known: unknown[]
  /** Ids of what is asked, by slot of the call; undefined: not to be kept. */
  readonly asked: (string | undefined)[]
}

export const openKept = ({ kept }: Run, keepable: KeepableLookup | undefined): Kept | undefined => {
  if (kept === undefined || keepable === undefined) return undefined
  const { typeName } = keepable.entity
  return { answers: kept.open(keepable), typeName, targets: noTargets(), known: [], asked: [] }
}

/** @returns the slot among the kept answers, counted from -1 down; undefined: it must be asked */
export const takeKept = (kept: Kept, id: unknown, object: DataObject): number | undefined => {
  if (typeof id !== 'string' || object.__typename !== kept.typeName) return undefined
  const answer = kept.answers.take(id)
  if (answer === undefined) return undefined
  kept.targets.count = kept.known.push(answer)
  return -kept.targets.count
}

/** The next slot of the call asks for this one. */
export const noteAsked = (kept: Kept, id: unknown, object: DataObject): void => {
  kept.asked.push(typeof id === 'string' && object.__typename === kept.typeName ? id : undefined)
}
