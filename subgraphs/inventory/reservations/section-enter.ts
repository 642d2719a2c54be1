import type { Known } from '../../../platform/idempotency/idempotency.ts'
import type { Transaction } from '../../../platform/sql/database.ts'
import type { Command } from './command.ts'
import { claimCommands } from './keys.ts'
import { type Locked, lockOwners, lockVariants, type Targets } from './section-locks.ts'
import { readSection } from './section-read.ts'
import type { SectionRows } from './section-state.ts'

/** `known`: of each command's key, in order. */
export type Entered = { readonly known: readonly Known[]; readonly rows: SectionRows }

/**
 * Locks what commands touch, claims their keys and reads what they are decided on: in one flight, so that what can be done before a
 * variant is had is done while the section before still holds it, and what is read follows the lock without a turn of ours. Each
 * statement sees what was committed before it began, so none before the lock reads what the lock is for.
 */
export async function enterSection(
  transaction: Transaction,
  commands: readonly Command[],
  targets: Targets,
): Promise<Entered> {
  const expected: Locked = { variantIds: new Set(targets.variantIds), anyReservation: false }
  const [, early, locked, ahead] = await Promise.all([
    lockOwners(transaction, targets),
    claimCommands(transaction, commands),
    lockVariants(transaction, targets),
    readSection(transaction, expected, targets),
  ])
  // A key that the section before held was given back with the variants: its command meets what its twin has written.
  const twins = commands.filter((_, at) => early[at]?.kind === 'in-progress')
  const [late, rows] = await Promise.all([
    claimAgain(transaction, twins),
    isAsExpected(locked, expected) ? ahead : readSection(transaction, locked, targets),
  ])
  let next = 0
  return { known: early.map((known) => (known.kind === 'in-progress' ? (late[next++] ?? known) : known)), rows }
}

/** A transaction that ends gives back its locks one after another: its variants may be had a moment before its keys. */
async function claimAgain(transaction: Transaction, twins: readonly Command[]): Promise<readonly Known[]> {
  let known = await claimCommands(transaction, twins)
  for (let pauses = 0; pauses < mostPauses && known.some(({ kind }) => kind === 'in-progress'); pauses += 1) {
    await transaction.query('select pg_sleep(0.002)', [])
    known = await claimCommands(transaction, twins)
  }
  return known
}

/** All of them a hundredth of a second: others wait for the variants meanwhile. */
const mostPauses = 5

/** Whether no more is touched than commands say themselves: nobody holds anything, and no reservation is named. */
function isAsExpected(locked: Locked, expected: Locked): boolean {
  return !locked.anyReservation && locked.variantIds.size === expected.variantIds.size
}
